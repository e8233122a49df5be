"""The reader of data sets that are plain files: images, depth maps, masks, intrinsics and poses found by templates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from hondo.core.errors import HondoError, unknown
from hondo.core.sample import SourceView
from hondo.core.types import Camera, Size, have_same_aspect
from hondo.data.datasets.poses import read_pose_file
from hondo.data.datasets.stereo_pair import stereo_pose
from hondo.data.layouts.layout import Layout
from hondo.data.layouts.path_template import Fields, fill_path, find_paths, is_filled, partner_path
from hondo.data.loading.fit_sample import image_tensor
from hondo.data.partners.pairing import by_time
from hondo.data.partners.turned_pair import stored_size
from hondo.data.readers.camera_decoders import Calibration, read_calibration
from hondo.data.readers.depth_decoders import as_depth, as_quantity, read_stored
from hondo.data.readers.find_root import refuse_root
from hondo.images.formats.numpy_file import NPY
from hondo.images.pixels import oriented
from hondo.images.read import image_orientation, image_size, opened, read_depth, read_image

_TURNED_BACK = {6: 8, 8: 6}  # the orientation that undoes one; the others undo themselves


@dataclass(frozen=True, kw_only=True)
class Item:
    """One image of a data set: its path relative to the root, and the fields by which its partners are named."""

    name: str
    path: Path
    fields: Fields
    depth: Path | None = None  # None: there is no depth file


class FileReader:
    """Finds the images of a layout below ``root`` and reads what belongs to each. Special layouts override a method."""

    depth_choices: tuple[str, ...] = ("maps",)

    def __init__(self, layout: Layout, root: Path, *, depth: str | None = None) -> None:
        if depth is not None and depth not in self.depth_choices:
            raise unknown(f"depth of {layout.name}", depth, self.depth_choices, field="depth")
        self.layout, self.root, self.depth_choice = layout, root, depth or self.depth_choices[0]
        self.items = self.find_items()
        if not self.items:
            raise refuse_root(layout, root)

    def find_items(self) -> tuple[Item, ...]:
        """Every image with its depth file, in order of templates and names; equal stems count once."""
        found: dict[Path, Item] = {}
        for template in self.layout.images:
            for path, fields in find_paths(self.root, template):
                name = path.relative_to(self.root).as_posix()
                found.setdefault(path.with_suffix(""), Item(name=name, path=path, fields=fields))
        return self.with_depth(tuple(found.values()))

    def with_depth(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """The items with the paths of their depth maps."""
        if self.layout.pair == "time":
            return _paired_by_time(self.root, self.layout.depth[0], items)
        return tuple(replace(item, depth=partner_path(self.root, self.layout.depth, item.fields)) for item in items)

    def expected_depth(self, item: Item) -> str:
        """Where the depth of an item should lie, for messages."""
        return _expected(self.layout.depth, item.fields)

    def image(self, item: Item) -> UInt8[np.ndarray, "h w 3"]:
        """The image, RGB."""
        return read_as_stored(item.path)

    def image_hw(self, item: Item) -> Size:
        """The size of the image, without decoding it."""
        return stored_size(image_size(item.path), image_orientation(item.path))

    def stored(self, item: Item, *, image_hw: Size) -> Float[np.ndarray, "_ _"]:
        """The numbers of the depth file, float64, NaN where unknown by its encoding or its mask."""
        assert item.depth is not None and self.layout.encoding is not None
        values = read_stored(item.depth, self.layout.encoding, image_hw=image_hw)
        if self.layout.mask is not None:
            values[~self._is_kept(item, size_hw=(values.shape[0], values.shape[1]))] = np.nan
        return values

    def depth(self, item: Item, *, image_hw: Size, divide_by: float | None = None) -> Float[np.ndarray, "_ _"] | None:
        """Depth in metres (or relative inverse depth) at the size it is stored in, NaN where unknown; None: none."""
        encoding = self.layout.encoding
        if item.depth is None or encoding is None:
            return None
        encoding = encoding if divide_by is None else replace(encoding, divide_by=divide_by)
        values = as_quantity(self.stored(item, image_hw=image_hw), encoding)
        if encoding.quantity == "relative inverse depth":
            return values
        calibration = self.calibration(item, image_hw=image_hw) if encoding.quantity != "depth" else None
        camera, baseline = (None, None) if calibration is None else (calibration.camera, calibration.baseline)
        if camera is not None and values.shape != image_hw:
            camera = camera.for_image((values.shape[0], values.shape[1]))
        return as_depth(values, encoding, camera=camera, baseline=baseline, name=item.name)

    def calibration(self, item: Item, *, image_hw: Size) -> Calibration | None:
        """The camera of an item's image, and its baseline; None where the data set does not say."""
        known = self.layout.intrinsics
        if known.templates:
            path = partner_path(self.root, known.templates, item.fields)
            if path is None:
                expected = _expected(known.templates, item.fields)
                raise HondoError(f"its calibration file {expected} is missing; download it too")
            key = tuple((name, item.fields[name]) for name in ("camera", "name") if name in item.fields)
            return _calibration(path, known.decoder, key, image_hw=image_hw)
        numbers = next((values for prefix, values in known.by_prefix if item.name.startswith(prefix)), known.fixed)
        if numbers is None:
            return None
        fx, fy, cx, cy = numbers
        camera = Camera(fx=fx, fy=fy, cx=cx, cy=cy, size_hw=known.size_hw or image_hw)
        return Calibration(camera=camera.for_image(image_hw))

    def pose(self, item: Item) -> Float[np.ndarray, "4 4"] | None:
        """T_world_camera in metres; None where it is not known."""
        path = partner_path(self.root, self.layout.poses, item.fields)
        return None if path is None else read_pose_file(path)

    def partner(self, item: Item) -> Path | None:
        """The other image of a rectified stereo pair."""
        path = partner_path(self.root, self.layout.right, item.fields)
        return None if path == item.path else path

    def partner_pose(self, item: Item, *, image_hw: Size) -> Float[Tensor, "4 4"] | None:
        """T_partner_image of a rectified pair, in metres; None where the baseline is not known."""
        baseline = self.layout.baseline
        if baseline is None:
            calibration = self.calibration(item, image_hw=image_hw)
            baseline = None if calibration is None else calibration.baseline
        return None if baseline is None else stereo_pose(baseline)

    def stereo_view(self, item: Item, *, image_hw: Size) -> SourceView | None:
        """The other image of a pair with its pose; None where there is none."""
        path = self.partner(item)
        if path is None:
            return None
        image = image_tensor(torch.from_numpy(read_as_stored(path)))
        return SourceView(image=image, role="stereo", T_source_target=self.partner_pose(item, image_hw=image_hw))

    def point_pairs(self, item: Item, *, image_hw: Size) -> Float[Tensor, "p 5"]:
        """The pairs of points of an ordinal label, as in Sample."""
        raise HondoError(f"{self.layout.name} has no pairs of points")

    def _is_kept(self, item: Item, *, size_hw: Size) -> Bool[np.ndarray, "h w"]:
        assert self.layout.mask is not None
        path = partner_path(self.root, self.layout.mask.files, item.fields)
        if path is None:
            raise HondoError(f"its mask {_expected(self.layout.mask.files, item.fields)} is missing; download it too")
        values = read_mask(path)
        if values.shape != size_hw:
            raise HondoError(f"{path}: the mask is {values.shape}, the depth map {size_hw} (height, width)")
        return values >= self.layout.mask.least


def read_as_stored(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """An image as its pixels are stored, whatever EXIF says: depth and calibration of published data sets lie so."""
    image, turn = read_image(path), image_orientation(path)
    return oriented(image, _TURNED_BACK.get(turn, turn))


def read_mask(path: Path) -> Float[np.ndarray, "h w"]:
    """A mask as stored numbers, from NPY or an image."""
    with opened(path) as (_, _, start):
        is_npy = start.startswith(NPY)
    return np.nan_to_num(read_depth(path)) if is_npy else read_image(path)[..., 0].astype(np.float32)


def at_image_size(
    values: Float[np.ndarray, "_ _"], image_hw: Size, *, may_stretch: bool, name: str
) -> Float[np.ndarray, "h w"]:
    """A map of another resolution at the image's size, nearest; another aspect is refused unless ``may_stretch``."""
    size_hw = (values.shape[0], values.shape[1])
    if size_hw == tuple(image_hw):
        return values
    if not may_stretch and not have_same_aspect(size_hw, image_hw):
        raise HondoError(
            f"{name}: the depth map is {size_hw[1]}x{size_hw[0]}, its image {image_hw[1]}x{image_hw[0]} (width x "
            "height), another shape: they do not belong together, or one of them was cropped"
        )
    return cv2.resize(values, (image_hw[1], image_hw[0]), interpolation=cv2.INTER_NEAREST_EXACT)


def _expected(templates: tuple[str, ...], fields: Fields) -> str:
    """The first path that the templates name."""
    return next((fill_path(each, fields) for each in templates if is_filled(each, fields)), "")


@lru_cache(maxsize=256)
def _calibration(path: Path, decoder: str, key: tuple[tuple[str, str], ...], *, image_hw: Size) -> Calibration:
    return read_calibration(path, decoder, dict(key), image_hw=image_hw)


def _paired_by_time(root: Path, template: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The depth map nearest in time within half a frame, folder by folder."""
    groups: dict[Path, list[Item]] = {}
    for item in items:
        groups.setdefault(item.path.parent, []).append(item)
    maps: Mapping[Path, Path] = {}
    for group in groups.values():
        pattern = fill_path(template, {**group[0].fields, "time": "*"})
        files = [path for path in sorted(root.glob(pattern)) if not path.name.startswith(".")]
        found = by_time([item.path for item in group], files) if files else None
        maps |= {group[index].path: path for index, path in (found or {}).items()}
    return tuple(replace(item, depth=maps.get(item.path)) for item in items)
