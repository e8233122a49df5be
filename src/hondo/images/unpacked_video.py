"""The frames of a video that are used, as files for random access, in a temporary folder."""

import atexit
import math
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.preparing.countdown import counted
from hondo.core.preparing.scratch import scratch
from hondo.core.types import Size
from hondo.images.placement import Crop, cropped, place_into, resize_image
from hondo.images.read import write_image
from hondo.images.video_file import probe_video, read_video

try:
    import fcntl
except ImportError:  # Windows: folders that a killed run left stay
    fcntl = None

_PREFIX = "hondo-frames-"
_LOCK = ".lock"  # held by the process that uses the folder; the system frees it when that is killed


@dataclass(frozen=True, kw_only=True)
class UnpackedVideo:
    """A path for every frame up to the last one used; only the used ones exist. They may be smaller than the video."""

    images: list[Path]
    used: list[int]
    video_hw: Size


def unpack_video(
    path: Path,
    *,
    size_hw: Size | None,
    is_used: Callable[[int], bool] = lambda number: True,
    stop: int | None = None,
    crop: Crop | None = None,
) -> UnpackedVideo:
    """The frames before ``stop`` for which ``is_used``, as PNG files in a folder that goes when the run ends.

    It lies in the folder of the run (see ``core/preparing/scratch``), without one in the system's temporary folder.

    ``crop``: the window that is stored. Frames larger than ``size_hw`` are stored at the size that fits into it, aspect
    kept. Folders that a killed process left behind are removed first.
    """
    folder = _temporary_folder()
    used, video_hw, count, last_s = [], None, 0, -math.inf
    expected = probe_video(path).frame_count
    total = stop if expected is None or stop is None else min(expected, stop)
    frames = counted(read_video(path, max_frames=stop), what=f"reading {path.name}, frames", total=total or expected)
    for number, frame in enumerate(frames):
        check_order(frame.time_s, last_s, number=number, path=path)
        count, last_s = number + 1, frame.time_s
        video_hw = video_hw or (frame.image.shape[0], frame.image.shape[1])
        if is_used(number):
            write_image(folder / f"{number:06d}.png", _shrunk(cropped(frame.image, crop), size_hw))
            used.append(number)
    if video_hw is None:
        raise HondoError(f"{path}: the video has no frames")
    if not used:
        raise HondoError(f"{path}: none of its {count} frames is used; choose another start, stop or every")
    images = [folder / f"{number:06d}.png" for number in range(count)]
    return UnpackedVideo(images=images, used=used, video_hw=video_hw)


def check_order(time_s: float, last_s: float, *, number: int, path: Path) -> None:
    """Refuses a frame that is shown before the one in front of it: its motion would be learned backwards."""
    if time_s < last_s:
        raise HondoError(
            f"{path}: the times go back: frame {number} is shown at {time_s:.3f} s, the one before it at "
            f"{last_s:.3f} s; record it again, or write its "
            "frames anew in the order of their times (ffmpeg -fflags +genpts+igndts)"
        )


def remove_abandoned(parent: Path, *, pattern: str = f"{_PREFIX}*") -> None:
    """Removes the folders of frames whose process has ended."""
    if fcntl is None:
        return
    for folder in parent.glob(pattern):
        try:
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, of somebody else, or without a lock
            continue


def _temporary_folder() -> Path:
    """A new folder below that of the run; what earlier runs left behind there and beside it is removed."""
    run = scratch()
    parent = None if run is None else run.folder
    remove_abandoned(Path(tempfile.gettempdir()))
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(parent.parent, pattern=f"*/{_PREFIX}*")
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    lock = (folder / _LOCK).open("w")
    if fcntl is not None:
        fcntl.flock(lock, fcntl.LOCK_EX)
    if parent is not None and run is not None:
        run.at_end(_remove_if_empty, parent)  # of a run that ended before it began
    (atexit.register if run is None else run.at_end)(_remove, folder, os.getpid(), lock)  # keeps the lock open
    return folder


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _shrunk(image: UInt8[np.ndarray, "h w 3"], size_hw: Size | None) -> UInt8[np.ndarray, "H W 3"]:
    if size_hw is None:
        return image
    content_hw = place_into((image.shape[0], image.shape[1]), size_hw).content_hw
    return resize_image(image, content_hw) if content_hw[0] < image.shape[0] else image


def _remove(folder: Path, process: int, lock: IO[str]) -> None:
    """Only the process that made the folder removes it, not one forked from it."""
    if os.getpid() == process:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)
