"""Stereo films as lists of video times: one frame holds the left image beside the right one."""

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.sample import SourceView
from hondo.core.text_file import read_text
from hondo.core.types import Size
from hondo.data.loading.fit_sample import image_tensor
from hondo.data.readers.file_reader import FileReader, Item
from hondo.images.video_file import read_frame_at

LIST = "times.csv"
FOLDER = "videos"


class VideoTimes(FileReader):
    """``root`` holds times.csv (columns video and seconds) and videos/; the left half is the target."""

    def find_items(self) -> tuple[Item, ...]:
        path = self.root / LIST
        if not path.exists():
            return ()
        rows = list(csv.DictReader(read_text(path).splitlines()))
        if rows and not {"video", "seconds"} <= set(rows[0]):
            raise HondoError(f"{path}: the head line must name video and seconds, it names {', '.join(rows[0])}")
        items = [self._item(path, number, row) for number, row in enumerate(rows, start=1)]
        if not items:
            raise HondoError(f"{path}: the list is empty; give a line video,seconds for each frame")
        return tuple(items)

    def image(self, item: Item) -> UInt8[np.ndarray, "h w 3"]:
        frame = self._frame(item)
        return np.ascontiguousarray(frame[:, : frame.shape[1] // 2])

    def partner(self, item: Item) -> Path | None:
        return item.path

    def stereo_view(self, item: Item, *, image_hw: Size) -> SourceView | None:
        frame = self._frame(item)
        half = frame.shape[1] // 2
        right = np.ascontiguousarray(frame[:, half : 2 * half])
        return SourceView(image=image_tensor(torch.from_numpy(right)), role="stereo")

    def _frame(self, item: Item) -> UInt8[np.ndarray, "h w 3"]:
        return _frame_at(item.path, float(item.fields["seconds"]))

    def _item(self, path: Path, number: int, row: dict[str, str]) -> Item:
        try:
            seconds = float(row["seconds"])
        except (TypeError, ValueError) as error:
            raise HondoError(f"{path} row {number}: seconds is {row['seconds']!r}, not a number") from error
        name = f"{FOLDER}/{row['video'].strip()}"
        return Item(name=f"{name}#{seconds:g}", path=self.root / name, fields={"seconds": str(seconds)})


@lru_cache(maxsize=4)  # a frame is both images of a pair
def _frame_at(path: Path, seconds: float) -> UInt8[np.ndarray, "h w 3"]:
    return read_frame_at(path, seconds)
