"""Poses of a clip's frames by two-view geometry, estimated once before training with the model's initial depth."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from copy import deepcopy
from io import BytesIO
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, warn
from hondo.core.preparing.countdown import counted
from hondo.core.preparing.scratch import scratch
from hondo.core.sample import Samples
from hondo.data.datasets.camera_path import DepthOf, camera_path
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clips import clips_of
from hondo.geometry.depth_units import unscaled_depth
from hondo.models.base.depth_model import DepthModel
from hondo.train.loop.checkpoint import RunFolder

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
    for clip in clips:
        file = _cache_file(clip)
        if file is not None and file.is_file():
            clip.poses = np.load(file)
        else:
            # at the size of training; "auto" precision would follow the clock
            options = {"device": device, "precision": "fp32", "size_hw": clip.size_hw}
            with closing(load(deepcopy(model), engine="torch", **options)) as predictor:
                clip.poses = _poses(clip, depth=lambda image, run=predictor: unscaled_depth(run(image)))
            _keep(clip.poses, file)
        _leave_out_unposed(clip, clip.poses)
    return samples


def _cache_file(clip: Frames) -> Path | None:
    """Where the run keeps the poses of a clip, so that it resumes at once; None outside of runs."""
    run = scratch()
    if run is None or run.folder is None:
        return None
    known = (str(clip.root), clip.used, clip.sources, clip.crop, clip.camera, clip.size_hw, clip.frame_hw)
    mask = b"" if clip.is_scene is None else clip.is_scene.numpy().tobytes()
    return RunFolder(run.folder).camera_paths / f"{hashlib.sha256(repr(known).encode() + mask).hexdigest()[:16]}.npy"


def _keep(poses: Float[np.ndarray, "n 4 4"], file: Path | None) -> None:
    if file is not None:
        content = BytesIO()
        np.save(content, poses)
        atomic_write(file, content.getvalue())


def is_stereo_only(samples: Samples) -> bool:
    """Whether every source view is the other image of a stereo pair, so that all poses are known."""
    clips = clips_of(samples)
    return bool(clips) and all(clip.sources == ("stereo",) for clip in clips)


def _poses(clip: Frames, *, depth: DepthOf) -> Float[np.ndarray, "n 4 4"]:
    """Poses of the frames in use, NaN of others and of those after the end of the run's time for preparing.

    Frames that no target and source link stand in worlds of their own.
    """
    assert clip.camera is not None
    poses = np.full((len(clip.images), 4, 4), np.nan)
    run, used = scratch(), clip.used
    is_scene = None if clip.is_scene is None else clip.is_scene[0].numpy()
    frames = counted(used, what="camera path, frames", total=len(used))
    in_time = takewhile(lambda _: run is None or not run.is_late, frames)
    for segment in linked_frames(clip.targets, clip.offsets):
        images = (clip.pixels(clip.images[frame]) for frame in islice(in_time, len(segment)))
        found = camera_path(images, clip.camera, depth=depth, is_scene=is_scene)[: len(segment)]
        poses[segment[: len(found)]] = found
    return poses


def _leave_out_unposed(clip: Frames, poses: Float[np.ndarray, "n 4 4"]) -> None:
    """Only targets whose poses are known stay."""
    is_known = np.asarray(np.isfinite(poses).all((1, 2)))
    kept = [each for each in clip.targets if all(is_known[each + offset] for offset in (0, *clip.offsets))]
    if len(kept) == len(clip.targets):
        return
    advice = "give more optim.max_seconds, or fewer frames by data.stop or data.every"
    if not kept:
        raise HondoError(f"{clip.root}: half of optim.max_seconds is too short for the path of the camera; {advice}")
    warn(
        f"{clip.root}: the camera path reached {int(is_known.sum())} of {len(clip.used)} frames in half of "
        f"optim.max_seconds; these are used: {advice}"
    )
    clip.targets = kept


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
