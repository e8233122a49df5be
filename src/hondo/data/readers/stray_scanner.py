"""Recordings of Stray Scanner: a video, and a depth map with its confidence for each of its frames."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.data.layouts.path_template import find_paths
from hondo.data.readers.file_reader import FileReader, Item
from hondo.images.listing import visible_files
from hondo.images.video_file import frame_times, probe_video, read_frame_at


class StrayScanner(FileReader):
    """Frame n of rgb.mp4 is that of depth/n.png: images are read from the video by their times."""

    def find_items(self) -> tuple[Item, ...]:
        return tuple(
            self._item(video, depth, fields)
            for template in self.layout.images
            for video, fields in find_paths(self.root, template)
            for depth in visible_files(video.parent / "depth")
            if depth.stem.isdigit()
        )

    def image(self, item: Item) -> UInt8[np.ndarray, "h w 3"]:
        times, number = _times(item.path), int(item.fields["frame"])
        if number >= len(times):
            raise HondoError(f"{item.path} has {len(times)} frames, there is none of number {number}")
        return read_frame_at(item.path, times[number])

    def image_hw(self, item: Item) -> Size:
        return probe_video(item.path).size_hw

    def _item(self, video: Path, depth: Path, fields: dict[str, str]) -> Item:
        name = f"{video.relative_to(self.root).as_posix()}#{depth.stem}"
        return Item(name=name, path=video, depth=depth, fields=fields | {"frame": depth.stem})


@lru_cache(maxsize=16)
def _times(video: Path) -> list[float]:
    return frame_times(video)
