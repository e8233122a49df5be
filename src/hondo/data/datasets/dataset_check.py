"""Checks of a data set on disk: every sample is read; errors and unusual values are reported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import Camera, Size
from hondo.data.datasets.clip_files import find_layout
from hondo.data.datasets.clips import find_clips
from hondo.data.datasets.rgbd import MANIFEST
from hondo.images.video_file import is_video

_FEW_PIXELS = 0.005  # of a depth map: fewer are more likely a wrong divide_by or an empty file than LiDAR
_NEAR_M, _FAR_M = 0.05, 300.0  # medians outside are more likely a wrong unit than a scene
_OFF_CENTRE = 0.2  # of the size: a principal point farther off hints at intrinsics of another size


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An error (the sample cannot be used) or a remark (look at it) about one sample."""

    origin: str
    says: str
    is_error: bool


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


@dataclass(frozen=True, kw_only=True)
class Described:
    """What lies at a path: the data set that reads it, and one line that says what it is."""

    dataset: str
    says: str


def describe(root: Path) -> Described:
    """What a folder or file is, from its names alone: a manifest, a clip with its parts, several clips or a video."""
    if (root / MANIFEST).is_file() or (root.is_file() and not is_video(root)):
        return Described(dataset="rgbd", says="a manifest of images with depth")
    if root.is_file():
        return Described(dataset="frames", says="a video")
    if not root.is_dir():
        return Described(dataset="rgbd", says="nothing")
    clips = find_clips(root)
    if len(clips) > 1:
        names = ", ".join(clip.name for clip in clips[:3])
        return Described(dataset="frames", says=f"{len(clips)} clips ({names}{', ...' if clips[3:] else ''})")
    layout = find_layout(clips[0] if clips else root)
    parts = {"depth": layout.depth, "intrinsics": layout.camera, "poses": layout.poses, "right images": layout.right}
    found = ", ".join(f"{name} in {path.name}" for name, path in parts.items() if path is not None)
    what = "a video" if layout.images.is_file() else "images"
    return Described(
        dataset="frames", says=f"{what} in {layout.images}" + (f", {found}" if found else ", nothing else")
    )


def check_dataset(samples: Samples, *, track: Callable[[Iterable[int]], Iterable[int]] = iter) -> DatasetCheck:
    """Reads every sample once. ``track`` wraps the loop, for a progress bar."""
    findings: list[Finding] = []
    sizes: dict[Size, None] = {}
    depths: list[_Depth] = []
    with_camera = with_pose = 0
    for index in track(range(len(samples))):
        try:
            sample = samples[index]
        except (HondoError, OSError) as error:
            findings.append(Finding(origin=f"sample {index}", says=str(error), is_error=True))
            continue
        sizes[(sample.image.shape[1], sample.image.shape[2])] = None
        with_camera += sample.camera is not None
        with_pose += bool(sample.sources) and all(view.T_source_target is not None for view in sample.sources)
        depth = _depth_of(sample)
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
        findings=tuple(findings),
    )


def remarks(sample: Sample, depth: "_Depth | None") -> list[str]:
    """What is odd about a sample that can be read."""
    found = [f"{remark}; max_depth=METRES states it" for remark in sample.remarks]
    if sample.depth_gt is not None and depth is None:
        found.append("the depth map is empty")
    if depth is not None and depth.fraction < _FEW_PIXELS:
        found.append(f"only {depth.fraction:.2%} of the depth map are known")
    if depth is not None and not _NEAR_M < depth.middle < _FAR_M:
        found.append(f"the median depth is {depth.middle:.3g} m: is divide_by right?")
    if float(sample.image.std()) < 1e-3:
        found.append("the image has one colour")
    if sample.camera is not None and _is_off_centre(sample.camera):
        camera = sample.camera
        found.append(
            f"principal point ({camera.cx:.0f}, {camera.cy:.0f}) is far off the centre: intrinsics of another size?"
        )
    return found


def _depth_of(sample: Sample) -> _Depth | None:
    if sample.depth_gt is None or sample.valid is None or not bool(sample.valid.any()):
        return None
    known = sample.depth_gt[sample.valid].double().numpy()
    return _Depth(
        fraction=float(sample.valid.float().mean()),
        low=float(known.min()),
        middle=float(np.median(known)),
        high=float(known.max()),
    )


def _is_off_centre(camera: Camera) -> bool:
    height, width = camera.size_hw
    return abs(camera.cx / width - 0.5) > _OFF_CENTRE or abs(camera.cy / height - 0.5) > _OFF_CENTRE
