"""Any folder of image and depth pairs described by a CSV manifest."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, warn
from hondo.core.sample import Sample, Samples
from hondo.core.text_file import read_text, separator_of
from hondo.core.types import Camera, DepthKind, DepthMap, Size
from hondo.data.datasets.intrinsics import check_plausible
from hondo.data.loading.fit_sample import fit_sample, image_tensor
from hondo.data.partners.turned_pair import check_orientation, lies_as_stored, stored_size, turned_camera, turned_depth
from hondo.images.depth_file import PngScale, write_png16
from hondo.images.far_values import without_far_values
from hondo.images.read import image_orientation, read_depth, read_image, write_image

MANIFEST = "manifest.csv"
_NUMBERS = ("divide_by", "fx", "fy", "cx", "cy", "width", "height")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One row of a manifest: paths relative to its folder, intrinsics in pixels of the image (0: unknown)."""

    row: int  # counted from 1 below the head line
    name: str
    image: str
    depth: str
    divide_by: float  # metres = stored value / divide_by
    fx: float = 0.0
    fy: float = 0.0
    cx: float = 0.0
    cy: float = 0.0
    size_hw: Size | None = None  # as the manifest states it
    domain: str = ""

    @property
    def has_camera(self) -> bool:
        """Whether the row states intrinsics."""
        return self.fx != 0 or self.fy != 0


class Rgbd(Sequence[Sample]):
    """Pairs of ``root/manifest.csv`` (or of a manifest file): columns image, depth, divide_by, and optionally
    id, fx, fy, cx, cy (pixels, 0 = unknown), width, height, domain.

    ``only`` keeps rows of one domain, or whose id (else image path) starts with it; ``every`` each n-th of those.
    ``size_hw`` scales and pads, for batches; None keeps the image's size. Files are read when a sample is asked for.
    ``max_depth``: farther is unknown, in metres; None takes saturated and implausibly far values as unknown, with a
    warning. ``partner_orientation``: depth and intrinsics of an image that EXIF turns lie as "stored" or as "shown".
    """

    def __init__(
        self,
        root: str | Path,
        *,
        only: str | None = None,
        every: int = 1,
        size_hw: Size | None = None,
        max_depth: float | None = None,
        partner_orientation: str = "stored",
    ) -> None:
        root = Path(root)
        self.manifest = root / MANIFEST if root.is_dir() else root
        pairs = read_manifest(self.manifest)
        if only is not None:
            pairs = [pair for pair in pairs if pair.domain == only or pair.name.startswith(only)]
        if not pairs:
            chosen = "" if only is None else f" of domain or id prefix '{only}'"
            raise HondoError(f"{self.manifest}: no rows{chosen}")
        if every < 1:
            raise HondoError(f"every must be 1 or more, got {every}")
        self.pairs, self.size_hw = tuple(pairs[::every]), size_hw
        self.max_depth, self.partner_orientation = max_depth, check_orientation(partner_orientation)

    @property
    def origins(self) -> tuple[str, ...]:
        """The image of each sample, without reading it."""
        return tuple(str(self.manifest.parent / pair.image) for pair in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        pair = self.pairs[index]
        try:
            return fit_sample(self._read(pair), self.size_hw)
        except (HondoError, OSError) as error:
            raise HondoError(f"{self.manifest} row {pair.row} ({pair.name}): {error}") from error

    def _read(self, pair: Pair) -> Sample:
        folder = self.manifest.parent
        image = read_image(folder / pair.image)
        depth = read_depth(folder / pair.depth, divide_by=pair.divide_by)
        shown_hw, turn = (image.shape[0], image.shape[1]), image_orientation(folder / pair.image)
        as_stored = lies_as_stored(depth.shape, shown_hw, orientation=turn, partners=self.partner_orientation)
        own_hw = stored_size(shown_hw, turn) if as_stored else shown_hw
        _check_row(pair, image_hw=own_hw, depth_hw=depth.shape)
        depth, remark = known_depth(depth, divide_by=pair.divide_by, max_depth=self.max_depth)
        camera = None
        if pair.has_camera:
            check_plausible(pair.fx, pair.fy, pair.cx, pair.cy, size_hw=own_hw)
            camera = Camera(fx=pair.fx, fy=pair.fy, cx=pair.cx, cy=pair.cy, size_hw=own_hw)
        if as_stored:
            depth, camera = turned_depth(depth, turn), None if camera is None else turned_camera(camera, turn)
        valid = np.isfinite(depth) & (depth > 0)
        return Sample(
            image=image_tensor(torch.from_numpy(image)),
            camera=camera,
            depth_gt=torch.from_numpy(np.where(valid, depth, 0).astype(np.float32))[None],
            valid=torch.from_numpy(valid)[None],
            origin=str(folder / pair.image),
            remarks=(remark,) if remark else (),
        )


def known_depth(
    depth: Float[np.ndarray, "h w"], *, divide_by: float, max_depth: float | None
) -> tuple[Float[np.ndarray, "h w"], str]:
    """Depth with NaN for what means "nothing there" (see ``without_far_values``), and a remark; warns of it once."""
    found, remark = without_far_values(depth, divide_by=divide_by, max_depth=max_depth)
    if remark:
        values = remark.partition(" at ")[0]
        warn(f"depth maps hold {values} where nothing is: taken as unknown; max_depth=METRES states it, inf keeps it")
    return found, remark


def read_manifest(path: Path) -> list[Pair]:
    """The rows of a manifest; a wrong column or number is an error that names the row."""
    if not path.is_file():
        is_gone = "" if path.name == MANIFEST else " does not exist"
        raise HondoError(
            f"{path}{is_gone}: no manifest there; root must be a folder with {MANIFEST}, or a CSV file", field="root"
        )
    text = re.sub(r"\A(?:[ \t]*(?:#[^\n]*)?\n)+", "", read_text(path))  # comments and empty lines before the head
    head, _, body = text.partition("\n")
    separator = separator_of(head)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
    missing = [name for name in ("image", "depth", "divide_by") if name not in names]
    if missing:
        raise HondoError(
            f"{path}: column {', '.join(missing)} is missing; the head line must name image, depth, divide_by"
        )
    reader = csv.DictReader(io.StringIO(body, newline=""), fieldnames=names, delimiter=separator)
    return [_pair(path, number, row, separator=separator) for number, row in enumerate(reader, start=1)]


def _pair(path: Path, number: int, row: dict[str, str], *, separator: str) -> Pair:
    where = f"{path} row {number}"
    if None in row or None in row.values():
        raise HondoError(f"{where}: it has not as many values as the head line has columns; quote values with commas")
    if not row["image"] or not row["depth"]:
        raise HondoError(f"{where}: image or depth is empty; give a path relative to the manifest, or remove the row")
    if separator == ";":  # such tables write 0,5 for one half
        row |= {name: row[name].replace(",", ".") for name in _NUMBERS if name in row}
    divide_by = _number(where, row, "divide_by")
    if divide_by <= 0:
        raise HondoError(f"{where}: divide_by is {divide_by:g}; it must be positive (1000: millimetres, 256: KITTI)")
    width, height = int(_number(where, row, "width")), int(_number(where, row, "height"))
    fx, fy, cx, cy = (_number(where, row, name) for name in ("fx", "fy", "cx", "cy"))
    if (fx == 0) != (fy == 0):
        raise HondoError(f"{where}: fx is {fx:g} and fy is {fy:g}; give both in pixels, or 0 for unknown intrinsics")
    return Pair(
        row=number,
        name=row.get("id") or row["image"],
        image=_relative(path.parent, row["image"]),
        depth=_relative(path.parent, row["depth"]),
        divide_by=divide_by,
        fx=fx,
        fy=fy,
        cx=cx,
        cy=cy,
        size_hw=(height, width) if width and height else None,
        domain=row.get("domain", ""),
    )


def _relative(folder: Path, name: str) -> str:
    """A path as the manifest states it; backslashes of Windows become / where no file has them in its name."""
    name = name.strip()
    return name if "\\" not in name or (folder / name).exists() else name.replace("\\", "/")


def _number(where: str, row: dict[str, str], name: str) -> float:
    """The number in a column; 0 where the column is absent or empty."""
    text = row.get(name) or "0"
    try:
        value = float(text)
    except ValueError as error:
        raise HondoError(f"{where}: {name} is '{text}', not a number") from error
    if not np.isfinite(value) or value < 0:
        raise HondoError(f"{where}: {name} is {text}; it must be a finite number, 0 or more")
    return value


def _check_row(pair: Pair, *, image_hw: tuple[int, ...], depth_hw: tuple[int, ...]) -> None:
    if tuple(depth_hw) != tuple(image_hw):
        raise HondoError(
            f"the image is {image_hw[1]}x{image_hw[0]} but its depth map {depth_hw[1]}x{depth_hw[0]} "
            "(width x height); pair each image with depth registered to it, at its size"
        )
    if pair.size_hw is not None and pair.size_hw != tuple(image_hw):
        raise HondoError(
            f"the manifest says {pair.size_hw[1]}x{pair.size_hw[0]} (width x height), the image is "
            f"{image_hw[1]}x{image_hw[0]}; correct width, height and the intrinsics, or the path"
        )


DIVIDE_BY = 256.0  # metres = stored / this: to 255 m in steps of 4 mm, KITTI's convention
_COLUMNS = ("id", "image", "depth", "divide_by", "fx", "fy", "cx", "cy", "width", "height", "domain")


def write_rgbd(
    samples: Samples,
    out: str | Path,
    *,
    domain: str = "synthetic",
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Path:
    """Writes image/, depth/ and manifest.csv into ``out`` and returns the manifest; depth beyond 255 m is unknown."""
    out, table = Path(out), io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for index in track(range(len(samples))):
        rows.writerow(_write_pair(samples[index], f"{index:06d}", out=out, domain=domain))
    return atomic_write(out / MANIFEST, table.getvalue().encode())


def _write_pair(sample: Sample, name: str, *, out: Path, domain: str) -> tuple[object, ...]:
    if sample.depth_gt is None or sample.valid is None:
        raise HondoError(f"{sample.origin or name}: no depth to write")
    image, depth = f"image/{name}.png", f"depth/{name}.png"
    rgb = (sample.image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous()
    write_image(out / image, rgb.numpy(force=True))
    metres = sample.depth_gt[0].numpy(force=True)
    known = sample.valid[0].numpy(force=True) & (metres <= 65535 / DIVIDE_BY)
    values = np.where(known, metres, np.nan).astype(np.float32)
    scale = PngScale(factor=DIVIDE_BY, offset=0.0, unit="m")
    write_png16(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH), out / depth, scale=scale)
    height, width = values.shape
    camera = sample.camera
    intrinsics = (0, 0, 0, 0) if camera is None else (camera.fx, camera.fy, camera.cx, camera.cy)
    return (name, image, depth, DIVIDE_BY, *intrinsics, width, height, domain)
