"""Frames of a source at small size: windows of frames that follow each other, spread over the whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.preparing.countdown import counted
from hondo.core.types import Size
from hondo.data.datasets.clip_files import ClipLayout, find_layout, list_images
from hondo.data.datasets.stereo_pair import match_right
from hondo.images.optical_flow import flow_size
from hondo.images.placement import resize_image
from hondo.images.read import image_size, read_image
from hondo.images.unpacked_video import check_order
from hondo.images.video_file import VideoFrame, probe_video, read_video, read_video_from
from hondo.train.objectives.teaching_check import side_by_side_remark

AREA = 98_304  # pixels of the frames that are looked at: 256x384
WHOLE, WINDOWS, WINDOW = 240, 20, 9  # frames up to which all are read; else so many windows of so many frames
STEREO_PAIRS = 8
Small = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True, kw_only=True)
class SampledFrames:
    """``windows``: small frames that follow each other; ``numbers``: of their first frames."""

    root: Path
    size_hw: Size  # of the source
    count: int  # frames of the source
    fps: float | None  # of a video
    windows: tuple[tuple[Small, ...], ...]
    numbers: tuple[int, ...]
    stereo: tuple[tuple[Small, Small], ...] = ()  # left and right images, spread over the source
    is_side_by_side: bool = False  # frames of the source show both views; here is the left one
    camera_file: Path | None = None  # found beside the images

    @property
    def small_hw(self) -> Size:
        """The size of the frames."""
        height, width = self.windows[0][0].shape[:2]
        return height, width

    @property
    def frames(self) -> list[Small]:
        """All of them."""
        return [frame for window in self.windows for frame in window]


def sample_frames(root: Path) -> SampledFrames:
    """Of a video file, a folder of images, or stereo pairs: two folders, or frames that show both views."""
    layout = find_layout(root)
    found = _of_video(root, layout.images) if layout.images.is_file() else _of_folder(root, layout)
    frames = found.frames
    spread = [frames[at] for at in np.unique(np.linspace(0, len(frames) - 1, STEREO_PAIRS).round().astype(int))]
    if found.stereo or not all(map(side_by_side_remark, spread[::3])):
        return found
    half = found.small_hw[1] // 2
    return replace(
        found,
        size_hw=(found.size_hw[0], found.size_hw[1] // 2),
        windows=tuple(tuple(frame[:, :half] for frame in window) for window in found.windows),
        stereo=tuple((frame[:, :half], frame[:, half : 2 * half]) for frame in spread),
        is_side_by_side=True,
    )


def _of_folder(root: Path, layout: ClipLayout) -> SampledFrames:
    images = list_images(layout.images, has_depth=True)
    size_hw = image_size(images[0])
    for path in images:
        if image_size(path) != size_hw:
            other = image_size(path)
            raise HondoError(
                f"{path}: the image is {other[1]}x{other[0]}, the first of the clip {size_hw[1]}x{size_hw[0]} "
                "(width x height); a clip has one size"
            )
    _check_count(len(images), root)
    starts, length = _starts(len(images))
    shown = counted(starts, what=f"looking at {root.name}, places", total=len(starts))
    windows = tuple(tuple(_small(read_image(path)) for path in images[at : at + length]) for at in shown)
    stereo: tuple[tuple[Small, Small], ...] = ()
    if layout.right is not None:
        right = match_right(images, list_images(layout.right))
        spread = np.unique(np.linspace(0, len(images) - 1, STEREO_PAIRS).round().astype(int))
        stereo = tuple((_small(read_image(images[at])), _small(read_image(right[at]))) for at in spread)
    return SampledFrames(
        root=root, size_hw=size_hw, count=len(images), fps=None, windows=windows, numbers=tuple(starts),
        stereo=stereo, camera_file=layout.camera,
    )  # fmt: skip


def _of_video(root: Path, path: Path) -> SampledFrames:
    facts = probe_video(path)
    count = facts.frame_count or round((facts.duration_s or 0.0) * facts.fps)
    if count <= WHOLE:
        frames = tuple(_in_order(counted(read_video(path), what=f"looking at {path.name}, frames", total=count), path))
        windows, starts = (frames,), [0]
        count = len(frames)
    else:
        starts, length = _starts(count)
        windows = tuple(
            tuple(_in_order(islice(read_video_from(path, at / facts.fps), length), path))
            for at in counted(starts, what=f"looking at {path.name}, places", total=len(starts))
        )
        kept = [number for number, window in enumerate(windows) if len(window) > 1]
        windows, starts = tuple(windows[number] for number in kept), [starts[number] for number in kept]
    _check_count(count, root)
    return SampledFrames(
        root=root, size_hw=facts.size_hw, count=count, fps=facts.fps, windows=windows, numbers=tuple(starts)
    )


def _in_order(frames: Iterable[VideoFrame], path: Path) -> Iterator[Small]:
    last_s = -np.inf
    for number, frame in enumerate(frames):
        check_order(frame.time_s, last_s, number=number, path=path)
        last_s = frame.time_s
        yield _small(frame.image)


def _starts(count: int) -> tuple[list[int], int]:
    """The first frames of the windows, and how long these are."""
    if count <= WHOLE:
        return [0], count
    return np.linspace(0, count - WINDOW, WINDOWS).round().astype(int).tolist(), WINDOW


def _check_count(count: int, root: Path) -> None:
    if count < 2:
        raise HondoError(f"{root} holds {count} frame; learning from video needs frames that follow each other")


def _small(image: UInt8[np.ndarray, "H W 3"]) -> Small:
    size_hw = flow_size((image.shape[0], image.shape[1]), area=AREA)
    return image if size_hw == image.shape[:2] else resize_image(image, size_hw)
