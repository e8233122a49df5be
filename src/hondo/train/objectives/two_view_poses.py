"""Poses of a clip's frames by two-view geometry, estimated once before training with the model's initial depth."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import DepthMap
from hondo.data.datasets.camera_path import DepthOf, camera_path
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clips import clips_of
from hondo.geometry.depth_units import invert_depth
from hondo.images.read import read_image
from hondo.models.base.depth_model import DepthModel
from hondo.train.loop.progress import iterate_with_progress

NEEDS_CAMERA = (
    "learning from video needs the camera's intrinsics; give data.camera=FILE, fx,fy,cx,cy in pixels of the frames, "
    "or fov=DEGREES"
)


def with_camera_path(samples: Samples, model: DepthModel) -> Samples:
    """The clips with poses in the unit of the model's initial depth; needs intrinsics."""
    from hondo.engines.load import load

    clips = clips_of(samples)
    if not clips:
        raise HondoError("objective.pose two-view needs frames of a clip; choose network, shared or known")
    for clip in clips:
        if clip.camera is None:
            raise HondoError(f"{clip.root}: {NEEDS_CAMERA}")
        if "stereo" in clip.sources:
            raise HondoError(
                "objective.pose two-view gives no metres, a stereo pair does: give objective.pose=network with sources "
                'over time and stereo, or data.sources="stereo" alone'
            )
    device = str(next(model.parameters()).device)
    predictor = load(deepcopy(model), engine="torch", device=device, precision="fp32")  # "auto" would follow the clock
    for clip in clips:
        _set_poses(clip, depth=lambda image: unscaled_depth(predictor(image)))
    predictor.close()
    return samples


def is_stereo_only(samples: Samples) -> bool:
    """Whether every source view is the other image of a stereo pair, so that all poses are known."""
    clips = clips_of(samples)
    return bool(clips) and all(clip.sources == ("stereo",) for clip in clips)


def _set_poses(clip: Frames, *, depth: DepthOf) -> None:
    """Poses of the frames in use; those that no target and source link stand in worlds of their own."""
    assert clip.camera is not None
    poses, used = (
        np.full((len(clip.images), 4, 4), np.nan),
        iterate_with_progress(clip.used, what="camera path, frames"),
    )
    segments = linked_frames(clip.targets, clip.offsets)
    frames = iter(used)
    for segment in segments:
        images = (read_image(clip.images[next(frames)]) for _ in segment)
        poses[segment] = camera_path(images, clip.camera, depth=depth)
    clip.poses = poses


def linked_frames(targets: Sequence[int], offsets: Sequence[int]) -> list[list[int]]:
    """The targets and their sources in order, cut where no target and source lie on both sides."""
    spans = sorted((target + min(0, *offsets, 0), target + max(0, *offsets, 0)) for target in targets)
    used = sorted({target + offset for target in targets for offset in (0, *offsets)})
    segments: list[list[int]] = []
    reach, number = -1, 0
    for frame in used:
        if frame > reach:
            segments.append([])
        segments[-1].append(frame)
        while number < len(spans) and spans[number][0] <= frame:
            reach, number = max(reach, spans[number][1]), number + 1
    return segments


def unscaled_depth(depth_map: DepthMap) -> Float[np.ndarray, "h w"]:
    """Depth up to one factor: NaN where unknown, inf where infinitely far."""
    return invert_depth(depth_map.values, not_positive="inf") if depth_map.kind.is_inverse else depth_map.values
