"""Checks of a data set on disk: every sample is read; errors and unusual values are reported."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.text_file import read_text
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera, Size
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clip_files import DEPTH_SUFFIXES, find_layout
from hondo.data.datasets.clips import clips_of, find_clips
from hondo.data.datasets.intrinsics import INTRINSICS_FILES
from hondo.data.datasets.rgbd import MANIFEST
from hondo.data.streaming.shards import is_packed
from hondo.images.listing import is_grey16, list_folder, visible_files
from hondo.images.read import IMAGE_SUFFIXES, image_size, read_depth
from hondo.images.video_file import is_video

_FEW_PIXELS = 0.005  # of a depth map: fewer are more likely a wrong divide_by or an empty file than LiDAR
NEAR_M, FAR_M = 0.05, 300.0  # medians outside are more likely a wrong unit than a scene
_SPIKE, _APART = 0.01, 3.0  # part of the pixels, and times the next value: such a largest value is no measurement
_ONE_SIZE = 0.6  # of the images: with fewer of one size a folder is no clip
_OFF_CENTRE = 0.2  # of the size: a principal point farther off hints at intrinsics of another size


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An error (the sample cannot be used) or a remark (look at it) about one sample, or about ``count`` alike."""

    origin: str
    says: str
    is_error: bool
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class DatasetCheck:
    """What was found in a data set. Depths in metres, over the samples that have any."""

    num_samples: int
    sizes: tuple[Size, ...]
    num_with_camera: int
    num_with_depth: int
    num_with_pose: int
    valid_fraction: float | None
    min_m: float | None
    median_m: float | None
    max_m: float | None
    findings: tuple[Finding, ...]
    truths: tuple[TruthKind, ...] = ()  # what the labels are known up to; depths are metres where all are metric
    divide_by: float | None = None  # of the depth maps of clips: metres = stored value / this

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make a sample unusable."""
        return tuple(finding for finding in self.findings if finding.is_error)


@dataclass(frozen=True, kw_only=True)
class _Depth:
    fraction: float
    low: float
    middle: float
    high: float
    at_high: float  # part of the known pixels that hold exactly ``high``
    below_high: float  # the largest of the other values


@dataclass(frozen=True, kw_only=True)
class Described:
    """What lies at a path: the data set that reads it (empty: none), and one line that says what it is."""

    dataset: str
    says: str


def describe(root: Path) -> Described:
    """What a folder or file is, from its names alone: a manifest, a clip with its parts, several clips or a video."""
    if (root / MANIFEST).is_file():
        return Described(dataset="rgbd", says="a manifest of images with depth")
    if is_packed(root):
        return Described(dataset="shards", says="packed samples of hondo data pack")
    if root.is_file():
        return _describe_file(root)
    if not root.is_dir():
        return Described(dataset="rgbd", says="nothing")
    clips = find_clips(root)
    if len(clips) > 1:
        names = ", ".join(str(clip.relative_to(root)) if clip.is_relative_to(root) else clip.name for clip in clips[:3])
        return Described(dataset="frames", says=f"{len(clips)} clips ({names}{', ...' if clips[3:] else ''})")
    if photos := _photos(clips[0] if clips else root):
        return photos
    layout = find_layout(clips[0] if clips else root)
    parts = {"depth": layout.depth, "intrinsics": layout.camera, "poses": layout.poses, "right images": layout.right}
    found = ", ".join(f"{name} in {path.name}" for name, path in parts.items() if path is not None)
    what = "a video" if layout.images.is_file() else "images"
    beside = "" if layout.images.is_file() or layout.images != root else _beside(root)
    return Described(
        dataset="frames", says=f"{what} in {layout.images}" + (f", {found}" if found else beside or ", nothing else")
    )


def _photos(folder: Path) -> Described | None:
    """A folder of images of many sizes: no clip."""
    images = list_folder(folder).images if folder.is_dir() else ()
    try:
        sizes = Counter(image_size(image) for image in images)
    except HondoError:  # damaged files are found later, each by its name
        return None
    if len(sizes) < 2 or sizes.most_common(1)[0][1] > _ONE_SIZE * len(images):
        return None
    what = "photos, not frames of one clip (hondo predict takes them)"
    return Described(dataset="", says=f"{len(images)} images of {len(sizes)} sizes in {folder}: {what}")


def _beside(folder: Path) -> str:
    """What lies next to images and is read when it is named: manifests of other names, intrinsics."""
    files = list(visible_files(folder))
    manifests = [file.name for file in files if file.suffix.lower() in (".csv", ".tsv") and _is_manifest(file)]
    cameras = [file.name for file in files if file.name in INTRINSICS_FILES]
    found = f", manifests {', '.join(manifests[:4])} (give one as root)" if manifests else ""
    return found + (f", {cameras[0]} (camera={folder / cameras[0]} reads it)" if cameras else "")


def _is_manifest(path: Path) -> bool:
    try:
        head = read_text(path).lstrip().partition("\n")[0].lower()
    except HondoError:
        return False
    return "image" in head and "depth" in head


def _describe_file(path: Path) -> Described:
    """A video, an image, a depth map, or else a manifest."""
    suffix = path.suffix.lower()
    if is_video(path):
        return Described(dataset="frames", says="a video")
    if suffix in DEPTH_SUFFIXES and (suffix not in IMAGE_SUFFIXES or is_grey16(path)):
        depth = read_depth(path)
        known = depth[np.isfinite(depth) & (depth > 0)]
        values = f"values {known.min():g} to {known.max():g} as stored" if known.size else "no value"
        size = f"{depth.shape[1]}x{depth.shape[0]} (width x height)"
        return Described(dataset="", says=f"a depth map of {size}, {values}, at {known.size / depth.size:.1%} of it")
    if suffix in IMAGE_SUFFIXES:
        height, width = image_size(path)
        return Described(dataset="", says=f"an image of {width}x{height} (width x height)")
    return Described(dataset="rgbd", says="a manifest of images with depth")


def check_dataset(samples: Samples, *, track: Callable[[Iterable[int]], Iterable[int]] = iter) -> DatasetCheck:
    """Reads every sample once. ``track`` wraps the loop, for a progress bar."""
    findings: list[Finding] = []
    sizes: dict[Size, None] = {}
    depths: list[_Depth] = []
    truths: dict[TruthKind, None] = {}
    with_camera = with_pose = 0
    clips, posed = clips_of(samples), _with_pose(samples)
    findings += _depth_among_images(clips)
    for index in track(range(len(samples))):
        try:
            sample = samples[index]
        except (HondoError, OSError) as error:
            findings.append(Finding(origin=f"sample {index}", says=str(error), is_error=True))
            continue
        sizes[(sample.image.shape[1], sample.image.shape[2])] = None
        with_camera += sample.camera is not None
        with_pose += bool(sample.sources) and all(view.T_source_target is not None for view in sample.sources)
        with_pose += not sample.sources and index in posed
        depth = _depth_of(sample)
        truths |= {sample.truth: None} if depth is not None or sample.pairs is not None else {}
        depths += [] if depth is None else [depth]
        findings += [Finding(origin=sample.origin, says=says, is_error=False) for says in remarks(sample, depth)]
    return DatasetCheck(
        num_samples=len(samples),
        sizes=tuple(sizes),
        num_with_camera=with_camera,
        num_with_depth=len(depths),
        num_with_pose=with_pose,
        valid_fraction=float(np.mean([depth.fraction for depth in depths])) if depths else None,
        min_m=min((depth.low for depth in depths), default=None),
        median_m=median([depth.middle for depth in depths]) if depths else None,
        max_m=max((depth.high for depth in depths), default=None),
        findings=tuple(_merged(findings)),
        truths=tuple(truths),
        divide_by=clips[0].divide_by if clips else None,
    )


def _with_pose(samples: Samples) -> set[int]:
    """The samples of clips whose own pose is known."""
    finite = [
        clip.poses is not None and bool(np.isfinite(clip.poses[frame]).all())
        for clip in clips_of(samples)
        for frame in clip.targets
    ]
    return {index for index, is_known in enumerate(finite) if is_known}


def _depth_among_images(clips: Sequence[Frames]) -> list[Finding]:
    """Images that are stored as depth maps are."""
    found = []
    for clip in (clip for clip in clips if not clip.is_video):
        images = [clip.images[frame] for frame in clip.targets]
        grey = [image for image in images if is_grey16(image)]
        if grey:
            says = f"{len(grey)} of {len(images)} images have one channel of 16 bits or floats: are they depth maps?"
            found.append(Finding(origin=str(grey[0]), says=says, is_error=False))
    return found


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Remarks that say the same of several samples as one."""
    counts = Counter(finding.says for finding in findings if not finding.is_error)
    once: dict[str, Finding] = {}
    for finding in findings:
        name = finding.origin if finding.is_error else finding.says
        once.setdefault(name, finding if finding.is_error else replace(finding, count=counts[finding.says]))
    return list(once.values())


def remarks(sample: Sample, depth: "_Depth | None") -> list[str]:
    """What is odd about a sample that can be read."""
    found = [f"{remark}; max_depth=METRES states it" for remark in sample.remarks]
    if sample.depth_gt is not None and depth is None:
        found.append("the depth map is empty")
    if depth is not None and depth.fraction < _FEW_PIXELS:
        found.append(f"only {depth.fraction:.2%} of the depth map are known")
    if depth is not None and sample.truth is TruthKind.METRIC:
        found += _odd_metres(depth)
    if float(sample.image.std()) < 1e-3:
        found.append("the image has one colour")
    if sample.camera is not None and _is_off_centre(sample.camera):
        camera = sample.camera
        found.append(
            f"principal point ({camera.cx:.0f}, {camera.cy:.0f}) is far off the centre: intrinsics of another size?"
        )
    return found


def _odd_metres(depth: _Depth) -> list[str]:
    found = []
    if not NEAR_M < depth.middle < FAR_M:
        found.append(f"the median depth is {depth.middle:.3g} m: is divide_by right?")
    if depth.at_high >= _SPIKE and depth.high > _APART * depth.below_high > 0:
        found.append(
            f"{depth.at_high:.0%} of the known pixels hold exactly {depth.high:g} m, far beyond all others: nothing "
            f"there? max_depth={depth.below_high:.3g} states it"
        )
    return found


def _depth_of(sample: Sample) -> _Depth | None:
    if sample.depth_gt is None or sample.valid is None or not bool(sample.valid.any()):
        return None
    known = sample.depth_gt[sample.valid].double().numpy()
    is_high = known == known.max()
    return _Depth(
        at_high=float(is_high.mean()),
        below_high=float(known[~is_high].max(initial=0)),
        fraction=float(sample.valid.float().mean()),
        low=float(known.min()),
        middle=float(np.median(known)),
        high=float(known.max()),
    )


def _is_off_centre(camera: Camera) -> bool:
    height, width = camera.size_hw
    return abs(camera.cx / width - 0.5) > _OFF_CENTRE or abs(camera.cy / height - 0.5) > _OFF_CENTRE
