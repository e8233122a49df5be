"""The images of one source in order with their times, for odometry and fusion; one at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError, warn
from hondo.core.types import Camera
from hondo.data.datasets.clip_files import find_layout
from hondo.data.datasets.intrinsics import read_camera
from hondo.images.read import image_size
from hondo.images.video_file import probe_video
from hondo.video.sources.read_sources import read_sources
from hondo.video.sources.source_list import LIVE, Source, SourceKind, find_sources


@dataclass(frozen=True, kw_only=True)
class TimedImage:
    """``frame``: its number in the video or folder."""

    image: UInt8[np.ndarray, "h w 3"]
    time_s: float
    frame: int


@dataclass(frozen=True, kw_only=True)
class ImageSequence:
    """One video, or a folder of images in the order of the numbers in their names, and its camera."""

    sources: list[Source]
    camera: Camera
    count: int | None  # images, where it is known
    fps: float  # of a folder whose file names state no times

    def images(self, *, every: int = 1, limit: int | None = None) -> Iterator[TimedImage]:
        """Each ``every``-th image, ``limit`` of them; what cannot be read is left out with a warning.

        HondoError for times that go back, and for an image of another size.
        """
        last, count = -math.inf, 0
        for number, frame in enumerate(read_sources(self.sources)):
            if frame.error is not None:
                warn(f"left out: {frame.error}")
                continue
            if number % every:
                continue
            assert frame.image is not None
            time_s = self._time(frame.source, number) if frame.time_s is None else frame.time_s
            if time_s <= last:
                raise HondoError(
                    f"{frame.source.text}: the times go back or repeat: {time_s:g} s after {last:g} s "
                    f"(frame {number}); record it again, or give its images in order as a folder"
                )
            if frame.image.shape[:2] != tuple(self.camera.size_hw):
                height, width = self.camera.size_hw
                raise HondoError(
                    f"{frame.source.text}: an image of {frame.image.shape[1]}x{frame.image.shape[0]} among those of "
                    f"{width}x{height} (width x height); one camera has one size"
                )
            yield TimedImage(image=frame.image, time_s=time_s, frame=number)
            last, count = time_s, count + 1
            if count == limit:
                return

    def _time(self, source: Source, number: int) -> float:
        stated = stated_time(source.path)
        return number / self.fps if stated is None else stated


def stated_time(path: Path) -> float | None:
    """The seconds that a file's name states (TUM: 1305031102.175304.png)."""
    try:
        return float(path.stem) if "." in path.stem else None
    except ValueError:
        return None


def open_sequence(
    text: str, *, camera: str | None, fps: float, every: int = 1, limit: int | None = None
) -> ImageSequence:
    """A video, or a folder of images (or one with ``images/`` and intrinsics); a camera must be known."""
    path = Path(text)
    layout = find_layout(path) if path.is_dir() else None
    sources = find_sources([text if layout is None else str(layout.images)])
    if len(sources) > 1 and any(source.kind is not SourceKind.IMAGE for source in sources):
        raise HondoError(f"{text}: give one video, or a folder of images in order")
    given = camera or (layout and layout.camera)
    if given is None:
        raise HondoError(
            f"{text}: a camera's path needs its intrinsics; give camera=FILE, fx,fy,cx,cy in pixels of the images, or "
            "fov=DEGREES",
            field="camera",
        )
    first, count = sources[0], len(sources)
    if first.kind is SourceKind.IMAGE:
        size_hw = image_size(first.path)
    elif LIVE.match(first.text):
        raise HondoError(f"{text}: a live camera has no end; record it to a video file first")
    else:
        video = probe_video(first.path)
        size_hw, count = video.size_hw, video.frame_count
    if count is not None:
        count = -(-count // every)
        count = count if limit is None else min(count, limit)
        if count < 2:
            raise HondoError(f"{text}: {count} image; a camera's path needs two at least")
    return ImageSequence(sources=sources, camera=read_camera(given, size_hw=size_hw), count=count, fps=fps)
