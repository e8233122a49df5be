"""A published data set as a Sequence[Sample]: the readers' images and depth, chosen by a split, checked and fitted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError, warn
from hondo.core.sample import Sample, SourceView, ViewRole
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Size
from hondo.data.datasets.clips import size_near
from hondo.data.datasets.poses import relative_pose
from hondo.data.datasets.rgbd import known_depth
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.loading.fit_sample import fit_sample, image_tensor
from hondo.data.published.divisor_check import divisor_remark, probe_median
from hondo.data.published.split_choice import Chosen, choose_items
from hondo.data.readers.file_reader import Item, at_image_size
from hondo.data.readers.reader_table import open_reader
from hondo.geometry.depth_units import depth_of_relative


class LayoutSamples(Sequence[Sample]):
    """Samples of a data set of LAYOUTS.

    ``split``: a name of its layout's splits, or a file with a list; ``lists``: where the published lists lie (None:
    ``root``/splits). ``only``: items whose path starts so; ``every``: each n-th. ``with_depth``: items without a depth
    map are left out and counted (None: unless ``sources`` are asked for). ``sources``: offsets of neighbours, e.g.
    (-1, 1), and "stereo" for the other image of a pair, with their poses where they are known. ``depth``: which depth,
    where there are several. ``divide_by``: instead of that of the published files. ``max_depth``: as of ``Rgbd``.
    ``size_hw``: scaled and padded, for batches; with ``multiple_of`` its area at the aspect of the first image.
    """

    def __init__(
        self,
        name: str,
        root: str | Path,
        *,
        split: str | None = None,
        lists: str | Path | None = None,
        only: str | None = None,
        every: int = 1,
        size_hw: Size | None = None,
        multiple_of: int | None = None,
        depth: str | Path | None = None,
        with_depth: bool | None = None,
        sources: tuple[ViewRole, ...] = (),
        divide_by: float | None = None,
        max_depth: float | None = None,
    ) -> None:
        if every < 1 or (divide_by is not None and not divide_by > 0):
            raise HondoError(f"every must be 1 or more and divide_by positive, got {every} and {divide_by}")
        if 0 in sources or len(set(sources)) != len(sources):
            raise HondoError(f"sources must be different offsets other than 0, e.g. (-1, 1), got {sources}")
        self.layout, self.root, self.size_hw, self.sources = LAYOUTS[name], Path(root), size_hw, tuple(sources)
        if self.layout.truth is TruthKind.STEREO_DISPARITY:
            self.sources = ("stereo",)  # what there is to learn from
        self.divide_by, self.max_depth = divide_by, max_depth
        self.reader = open_reader(self.layout, self.root, depth=None if depth is None else str(depth))
        if with_depth is None:
            with_depth = bool(self.layout.depth) and not sources
        self._place = {_place(item): item for item in self.reader.items} if sources else {}
        self.chosen = choose_items(
            self.layout, self.reader.items, root=self.root, split=split, lists=None if lists is None else Path(lists),
            only=only, with_depth=with_depth,
        )  # fmt: skip
        items = [item for item in self.chosen.items if all(self._has_view(item, each) for each in self.sources)]
        if not items:
            raise HondoError(self._why_empty(self.chosen))
        if remark := self.chosen.says():
            warn(remark)
        self.items = tuple(items[::every])
        if size_hw is not None and multiple_of is not None:
            self.size_hw = size_near(self.reader.image_hw(self.items[0]), size_hw, multiple_of=multiple_of)
        self._warn_of_divisor()

    @property
    def origins(self) -> tuple[str, ...]:
        """What names each sample, without reading it."""
        return tuple(str(self.root / item.name) for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        item = self.items[index]
        try:
            return fit_sample(self._read(item), self.size_hw)
        except (HondoError, OSError) as error:
            raise HondoError(f"{self.layout.name}, {item.name}: {error}") from error

    def _read(self, item: Item) -> Sample:
        image = self.reader.image(item)
        image_hw = (image.shape[0], image.shape[1])
        calibration = self.reader.calibration(item, image_hw=image_hw)
        sample = Sample(
            image=image_tensor(torch.from_numpy(image)),
            camera=None if calibration is None else calibration.camera,
            origin=str(self.root / item.name),
            truth=self.layout.truth,
            pairs=self._pairs(item, image_hw=image_hw),
            sources=tuple(self._view(item, role, image_hw=image_hw) for role in self.sources),
        )
        values = self.reader.depth(item, image_hw=image_hw, divide_by=self.divide_by)
        if values is None:
            return sample
        values = at_image_size(values, image_hw, may_stretch=self.layout.may_stretch, name=item.name)
        depth, is_known, remark = self._known(values)
        return replace(sample, depth_gt=depth, valid=is_known, remarks=(remark,) if remark else ())

    def _pairs(self, item: Item, *, image_hw: Size) -> Float[torch.Tensor, "p 5"] | None:
        is_ordinal = self.layout.truth is TruthKind.ORDINAL
        return self.reader.point_pairs(item, image_hw=image_hw) if is_ordinal else None

    def _known(
        self, values: Float[np.ndarray, "h w"]
    ) -> tuple[Float[torch.Tensor, "1 h w"], Bool[torch.Tensor, "1 h w"], str]:
        """The map with its mask; relative labels become depth whose inverse is the label up to a factor and a shift."""
        remark = ""
        if self.layout.truth is TruthKind.UP_TO_SCALE_AND_SHIFT:
            is_known = np.isfinite(values)
            values = depth_of_relative(values, is_known)
        else:
            values, remark = known_depth(values, divide_by=self.used_divisor, max_depth=self.max_depth)
            is_known = np.isfinite(values) & (values > 0)
        depth = torch.from_numpy(np.where(is_known, values, 0).astype(np.float32))[None]
        return depth, torch.from_numpy(is_known)[None], remark

    @property
    def used_divisor(self) -> float:
        """Metres = stored / this."""
        return self.divide_by or (self.layout.encoding.divide_by if self.layout.encoding is not None else 1.0)

    def _warn_of_divisor(self) -> None:
        """Looks at a few maps: a wrong divisor must not pass for metres."""
        if not self.layout.is_metric:
            return
        median_m = probe_median(self.reader, self.items, divide_by=self.divide_by)
        remark = "" if median_m is None else divisor_remark(self.layout, median_m, divide_by=self.used_divisor)
        if remark:
            warn(f"{self.root}: {remark}")

    def _neighbour(self, item: Item, offset: int) -> Item | None:
        folder, number = _place(item)
        return None if number is None else self._place.get((folder, number + offset))

    def _has_view(self, item: Item, role: ViewRole) -> bool:
        return (self.reader.partner(item) if role == "stereo" else self._neighbour(item, role)) is not None

    def _view(self, item: Item, role: ViewRole, *, image_hw: Size) -> SourceView:
        if role == "stereo":
            view = self.reader.stereo_view(item, image_hw=image_hw)
            assert view is not None
            return view
        other = self._neighbour(item, role)
        assert other is not None
        here, there = self.reader.pose(item), self.reader.pose(other)
        pose = None if here is None or there is None else relative_pose(there, here)
        image = image_tensor(torch.from_numpy(self.reader.image(other)))
        return SourceView(image=image, role=role, T_source_target=pose)

    def _why_empty(self, chosen: Chosen) -> str:
        layout = self.layout
        if chosen.items:
            return f"{self.root}: none of {len(chosen.items)} images of {layout.name} has the sources {self.sources}"
        found = f"{chosen.num_listed} images chosen, {chosen.num_without_depth} of them without a depth map"
        first = self.reader.expected_depth(self.reader.items[0])
        note = f". {layout.note}" if chosen.split in layout.splits else ""
        return (
            f"{self.root}: no sample of {layout.name}: {found}, {chosen.num_missing} not on disk; expected "
            f"e.g. {first}. Get it from {layout.get}, or choose another split or only" + note
        )


def _place(item: Item) -> tuple[tuple[str, ...], int | None]:
    """What an item shares with its neighbours in time, and its number."""
    number = item.fields.get("frame", "")
    others = tuple(value for key, value in item.fields.items() if key != "frame")
    return others, int(number) if number.isdigit() else None
