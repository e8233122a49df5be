"""The files of a clip on disk: images in order, depth maps by frame, intrinsics and poses."""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hondo.core.errors import HondoError, warn
from hondo.core.types import Size
from hondo.data.datasets.intrinsics import INTRINSICS_FILES
from hondo.images.listing import list_folder, visible_files
from hondo.images.read import IMAGE_SUFFIXES

# A folder with these names is a clip with all its parts, so that its path alone is enough.
IMAGE_FOLDERS = ("images", "image", "color", "rgb")
DEPTH_FOLDERS = ("depth", "depth_mm")
POSES_FILES = ("poses.txt", "poses_cam_to_world.txt")

DEPTH_SUFFIXES = (".png", ".npy", ".tif", ".tiff", ".pfm", ".exr", ".npz")


@dataclass(frozen=True, kw_only=True)
class ClipLayout:
    """The folder of images or the video file, and the other parts (None: not found)."""

    images: Path
    depth: Path | None = None
    camera: Path | None = None
    poses: Path | None = None


def find_layout(root: Path) -> ClipLayout:
    """A folder of images or a video as it is; a folder with ``images/`` also brings depth, camera and poses."""
    if not root.exists():
        raise HondoError(f"{root}: no such file or folder; give a folder of images or a video file")
    images = _first(root, IMAGE_FOLDERS) if root.is_dir() else None
    if images is None:
        return ClipLayout(images=root)
    return ClipLayout(
        images=images,
        depth=_first(root, DEPTH_FOLDERS),
        camera=_first(root, INTRINSICS_FILES),
        poses=_first(root, POSES_FILES),
    )


def list_images(folder: Path) -> list[Path]:
    """The images of a folder in the order of the numbers in their names; warns of what was left out."""
    listing = list_folder(folder)
    remark = listing.remark(folder)
    if not listing.images:
        raise HondoError(remark or f"{folder}: no images ({', '.join(sorted(IMAGE_SUFFIXES))})")
    if remark:
        warn(remark)
    return list(listing.images)


def match_depth(folder: Path, images: Sequence[Path], *, every: int | None) -> Mapping[int, Path]:
    """Frame number -> depth map: by equal names, or with ``every`` n the i-th map is of frame i n."""
    if not folder.is_dir():
        raise HondoError(f"{folder}: no such folder of depth maps")
    maps = [path for path in visible_files(folder) if path.suffix.lower() in DEPTH_SUFFIXES]
    if not maps:
        raise HondoError(f"{folder}: no depth maps ({', '.join(DEPTH_SUFFIXES)})")
    if every is not None:
        return _by_order(folder, maps, count=len(images), every=every)
    frame_of = {_key(path): index for index, path in enumerate(images)}
    strangers = [path.name for path in maps if _key(path) not in frame_of]
    if strangers:
        raise HondoError(
            f"{folder}: {len(strangers)} of {len(maps)} depth maps have no image of the same name (first: "
            f"{strangers[0]}); rename them, or give depth_every=N if the i-th map belongs to frame i x N"
        )
    return {frame_of[_key(path)]: path for path in maps}


@dataclass(frozen=True, kw_only=True)
class UnpackedVideo:
    """A video's frames as files, and the size they had in it (the files may be smaller)."""

    images: list[Path]
    video_hw: Size


def unpack_video(path: Path, *, size_hw: Size | None) -> UnpackedVideo:
    """The frames as PNG files for random access, in a temporary folder that goes when the process ends.

    Frames larger than ``size_hw`` are stored at the size that fits into it, aspect kept.
    """
    from hondo.images.read import write_image
    from hondo.images.video_file import read_video

    folder = Path(tempfile.mkdtemp(prefix="hondo-frames-"))
    atexit.register(_remove, folder, os.getpid())
    images, video_hw = [], None
    for number, frame in enumerate(read_video(path)):
        video_hw = video_hw or (frame.image.shape[0], frame.image.shape[1])
        images.append(folder / f"{number:06d}.png")
        write_image(images[-1], _shrunk(frame.image, size_hw))
    if video_hw is None:
        raise HondoError(f"{path}: the video has no frames")
    return UnpackedVideo(images=images, video_hw=video_hw)


def _shrunk(image: UInt8[np.ndarray, "h w 3"], size_hw: Size | None) -> UInt8[np.ndarray, "H W 3"]:
    from hondo.images.placement import place_into, resize_image

    if size_hw is None:
        return image
    content_hw = place_into((image.shape[0], image.shape[1]), size_hw).content_hw
    return resize_image(image, content_hw) if content_hw[0] < image.shape[0] else image


def _by_order(folder: Path, maps: Sequence[Path], *, count: int, every: int) -> Mapping[int, Path]:
    if every < 1 or (len(maps) - 1) * every >= count:
        raise HondoError(f"{folder}: {len(maps)} depth maps, one of every {every} frames, do not fit {count} frames")
    return {index * every: path for index, path in enumerate(maps)}


def _key(path: Path) -> str:
    """What an image and its depth map have in common: frame-000.color.jpg and frame-000.depth.png."""
    return re.sub(r"\.(color|colour|rgb|image|depth)$", "", path.stem)


def _first(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).exists()), None)


def _remove(folder: Path, process: int) -> None:
    """Only the process that made the folder removes it, not one forked from it."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
