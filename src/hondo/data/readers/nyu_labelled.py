"""NYU Depth v2, the 1449 labelled images in one MATLAB 7.3 file, which is HDF5 with the axes turned round."""

from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.data.layouts.layout import Layout
from hondo.data.readers.depth_decoders import open_hdf5, read_mat5
from hondo.data.readers.file_reader import FileReader, Item
from hondo.data.readers.find_root import refuse_root

ARRAYS: dict[str, str] = {"filled": "depths", "raw": "rawDepths"}
_SPLITS = {"train": "trainNdxs", "test": "testNdxs"}


class NyuLabelled(FileReader):
    """``depth``: filled (depths without holes, on which papers score) or raw (what the Kinect measured)."""

    depth_choices: ClassVar[tuple[str, ...]] = tuple(ARRAYS)

    def __init__(self, layout: Layout, root: Path, *, depth: str | None = None) -> None:
        path = root if root.is_file() else root / layout.images[0]
        if not path.exists():
            raise refuse_root(layout, root)
        self.file, self.lock = open_hdf5(path), Lock()  # one file is read by one thread at a time
        self.path = path
        super().__init__(layout, path.parent, depth=depth)

    def find_items(self) -> tuple[Item, ...]:
        count = self._array("images").shape[0]
        part_of = _parts(self.path.with_name("splits.mat"), count=count)
        return tuple(
            Item(
                name=f"{self.path.name}#{number:04d}",
                path=self.path,
                depth=self.path,
                fields={"number": str(number), "part": part_of[number]},
            )
            for number in range(count)
        )

    def image(self, item: Item) -> UInt8[np.ndarray, "h w 3"]:
        return np.ascontiguousarray(self._map("images", item).transpose(2, 1, 0))  # stored 3 w h

    def image_hw(self, item: Item) -> Size:
        _, _, width, height = self._array("images").shape
        return height, width

    def stored(self, item: Item, *, image_hw: Size) -> Float[np.ndarray, "_ _"]:
        values = self._map(ARRAYS[self.depth_choice], item).T.astype(np.float64)  # stored w h
        return np.where(values > 0, values, np.nan)

    def _map(self, key: str, item: Item) -> Any:
        with self.lock:
            try:
                return self._array(key)[int(item.fields["number"])]
            except OSError as error:
                raise HondoError(f"{self.path} is damaged: {error}; download it again") from error

    def _array(self, key: str) -> Any:
        if key not in self.file:
            raise HondoError(
                f"{self.path} holds {', '.join(self.file)}, and no '{key}'; is it nyu_depth_v2_labeled.mat?"
            )
        return self.file[key]


def _parts(splits: Path, *, count: int) -> list[str]:
    """train or test of each image by the authors' splits.mat; empty where it is not there."""
    part_of = [""] * count
    if not splits.exists():
        return part_of
    for part, key in _SPLITS.items():
        for number in read_mat5(splits, key).ravel().tolist():  # counted from 1
            if not 1 <= number <= count:
                raise HondoError(f"{splits} names image {number}, the labelled file holds {count}; take the whole file")
            part_of[number - 1] = part
    return part_of
