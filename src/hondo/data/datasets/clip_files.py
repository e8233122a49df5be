"""The files of a clip on disk: images in order, depth maps by frame, intrinsics and poses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError, warn
from hondo.data.datasets.intrinsics import INTRINSICS_FILES
from hondo.data.datasets.stereo_pair import find_pair
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
    right: Path | None = None  # of stereo pairs
    depth: Path | None = None
    camera: Path | None = None
    poses: Path | None = None


def find_layout(root: Path) -> ClipLayout:
    """A folder of images or a video as it is; a folder with ``images/`` also brings depth, camera and poses."""
    if not root.exists():
        raise HondoError(f"{root}: no such file or folder; give a folder of images or a video file")
    images = _first(root, IMAGE_FOLDERS) if root.is_dir() else None
    pair = find_pair(root) if root.is_dir() and images is None else None
    if images is None and pair is None:
        return ClipLayout(images=root)
    left, right = pair or (images, None)
    assert left is not None
    if left == root:  # the left images were named: what else there is lies beside them
        root = root.parent
    return ClipLayout(
        images=left,
        right=right,
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


def _by_order(folder: Path, maps: Sequence[Path], *, count: int, every: int) -> Mapping[int, Path]:
    if every < 1 or (len(maps) - 1) * every >= count:
        raise HondoError(f"{folder}: {len(maps)} depth maps, one of every {every} frames, do not fit {count} frames")
    return {index * every: path for index, path in enumerate(maps)}


def _key(path: Path) -> str:
    """What an image and its depth map have in common: frame-000.color.jpg and frame-000.depth.png."""
    return re.sub(r"\.(color|colour|rgb|image|depth)$", "", path.stem)


def _first(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).exists()), None)
