"""The files of a clip on disk: images in order, depth maps by frame, intrinsics and poses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError, warn
from hondo.core.types import Size
from hondo.data.datasets.intrinsics import INTRINSICS_FILES
from hondo.data.datasets.stereo_pair import find_pair
from hondo.data.partners.pairing import pair_maps
from hondo.data.partners.track import TRACK_FILES
from hondo.images.formats.numpy_file import stack_length
from hondo.images.listing import DEPTH_MAPS, contents_of, depth_maps_among, list_folder, visible_files
from hondo.images.read import IMAGE_SUFFIXES, image_size
from hondo.images.video_file import probe_video

# A folder with these names is a clip with all its parts, so that its path alone is enough.
IMAGE_FOLDERS = ("images", "image", "color", "rgb")
DEPTH_FOLDERS = ("depth", "depth_mm")
POSES_FILES = ("poses.txt", "poses_cam_to_world.txt", "pose")  # pose: ScanNet's folder

DEPTH_SUFFIXES = (".png", ".npy", ".tif", ".tiff", ".pfm", ".exr", ".npz")


@dataclass(frozen=True, kw_only=True)
class ClipLayout:
    """The folder of images or the video file, and the other parts (None: not found)."""

    images: Path
    right: Path | None = None  # of stereo pairs
    depth: Path | None = None
    camera: Path | None = None
    poses: Path | None = None
    track: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FrameChoice:
    """Which frames of a video are targets, each ``every``-th of a slice, or their neighbours at ``offsets``."""

    start: int
    stop: int | None
    every: int
    offsets: tuple[int, ...]

    @property
    def last(self) -> int | None:
        """The number of frames to read; None: all."""
        return None if self.stop is None or self.stop < 1 else self.stop

    def is_used(self, number: int) -> bool:
        """Whether a frame is a target or a neighbour of one; counts from the end are not known before it."""
        if self.start < 0 or (self.stop is not None and self.stop < 0):
            return True
        first = self.start - min((0, *self.offsets))  # the first target
        places = [number - offset - first for offset in (0, *self.offsets)]
        return number >= self.start and any(place >= 0 and place % self.every == 0 for place in places)


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
        track=_first(root, TRACK_FILES),
    )


def list_images(folder: Path, *, has_depth: bool = False) -> list[Path]:
    """The images of a folder in the order of the numbers in their names; warns of what was left out.

    ``has_depth``: depth maps are given, so that nothing needs to be said of how to give them.
    """
    listing = list_folder(folder)
    remark = listing.remark(folder)
    if not listing.images:
        suffixes = ", ".join(sorted(IMAGE_SUFFIXES))
        raise HondoError(remark or f"{folder}: no images ({suffixes}); {contents_of(folder)}")
    if remark:
        is_told = has_depth or DEPTH_MAPS not in dict(listing.left_out)
        hint = "" if is_told else f"; depth={folder} reads the depth maps"
        warn(remark + hint)
    return list(listing.images)


def match_depth(folder: Path, images: Sequence[Path], *, every: int | None) -> Mapping[int, Path]:
    """Frame number -> depth map (see ``pair_maps``); a file is a stack with one map for each image."""
    if folder.is_file():
        with folder.open("rb") as file:
            count = stack_length(file, name=str(folder))
        if (count - 1) * (every or 1) >= len(images) or (every is None and count != len(images)):
            raise HondoError(f"{folder}: a stack of {count} depth maps does not fit {len(images)} images")
        return {index * (every or 1): folder for index in range(count)}
    if not folder.is_dir():
        raise HondoError(f"{folder}: no such folder of depth maps")
    maps = [path for path in visible_files(folder) if path.suffix.lower() in DEPTH_SUFFIXES]
    beside = depth_maps_among([*images, *maps]) if folder.resolve() == images[0].parent.resolve() else set(maps)
    maps = [path for path in maps if path in beside]
    if not maps:
        raise HondoError(f"{folder}: no depth maps ({', '.join(DEPTH_SUFFIXES)})")
    return pair_maps(images, maps, every=every, where=str(folder))


def _first(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).exists()), None)


def frame_size(source: Path) -> Size:
    """Of a video, or of the first image of a folder."""
    if source.is_file():
        return probe_video(source).size_hw
    images = list_folder(source).images
    if not images:
        raise HondoError(f"{source}: no images")
    return image_size(images[0])
