"""Metres for a camera path by two-view geometry, whose unit is that of a model's depth: from speeds or GPS."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.data.datasets.clip import Frames
from hondo.models.base.depth_model import DepthModel

LEAST_M = 0.02  # shorter ways are noise
LEAST_PAIRS = 5


def scale_to_track(clips: Sequence[Frames], model: DepthModel) -> None:
    """Scales the poses of all clips alike, and makes a model up to scale a metric one; nothing where no track is.

    The factor is the median over the targets and their sources of the measured distance over that of the poses.
    """
    ratios = [ratio for clip in clips for ratio in _ratios(clip)]
    if all(clip.track is None for clip in clips):
        return
    if len(ratios) < LEAST_PAIRS:
        raise HondoError(
            f"the track knows {len(ratios)} distances of {LEAST_M:g} m and more between the frames used, which are too "
            "few to tell metres; give a track of a camera that moves, or remove it",
            field="data.track",
        )
    factor = float(np.median(ratios))
    for clip in clips:
        assert clip.poses is not None
        clip.poses = _scaled(clip.poses, factor)
    if model.kind is DepthKind.SCALED_INVERSE_DEPTH:
        model.make_metric(1 / factor)


def _ratios(clip: Frames) -> list[float]:
    if clip.track is None or clip.poses is None:
        return []
    found = []
    for target in clip.targets:
        for offset in clip.offsets:
            metres = clip.track.distance(target, target + offset)
            way = float(np.linalg.norm(clip.poses[target, :3, 3] - clip.poses[target + offset, :3, 3]))
            if metres is not None and metres > LEAST_M and way > 0:
                found.append(metres / way)
    return found


def _scaled(poses: Float[np.ndarray, "n 4 4"], factor: float) -> Float[np.ndarray, "n 4 4"]:
    scaled = poses.copy()
    scaled[:, :3, 3] *= factor
    return scaled
