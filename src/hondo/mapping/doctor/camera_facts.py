"""Intrinsics as the motion between frames shows them, and how well the images of a stereo pair are rectified."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from hondo.core.types import Camera
from hondo.data.datasets.intrinsics import assumed_camera
from hondo.geometry.focal_length import FocalEstimate, estimate_focal_length
from hondo.train.objectives.teaching_check import MIN_TURN_PX, PairMotion, measure_pair

NUM_PAIRS = 16
Image = UInt8[np.ndarray, "h w 3"]


def estimate_focal(spaced: Sequence[PairMotion], *, small: Camera) -> FocalEstimate | None:
    """The focal length in pixels of the frames, by pairs far apart, which were measured with the camera ``small``."""
    moving = [pair for pair in spaced if pair.motion_px > MIN_TURN_PX]
    best = sorted(moving, key=lambda pair: -pair.matched)[:NUM_PAIRS]
    scale = np.array((small.fx, small.fy))
    return estimate_focal_length([(pair.rays * scale, pair.next_rays * scale) for pair in best], width=small.size_hw[1])


@dataclass(frozen=True, kw_only=True)
class StereoFacts:
    """In pixels of the source."""

    across_px: float  # median vertical offset of the right images
    spread_px: float  # 90th percentile of what is left of it
    disparity_px: float  # median
    num_matches: int

    @property
    def is_rectified(self) -> bool:
        """Whether rows agree to a pixel."""
        return abs(self.across_px) < 1.0 and self.spread_px < 2.0


def stereo_facts(pairs: Sequence[tuple[Image, Image]], *, full_width: int) -> StereoFacts:
    """How the right images lie against the left ones."""
    found = []
    for left, right in pairs:
        camera = assumed_camera((left.shape[0], left.shape[1]))
        pair = measure_pair(left, right, camera)
        found.append((pair.next_rays - pair.rays) * camera.fx * full_width / camera.size_hw[1])
    shifts = np.concatenate(found) if found else np.zeros((0, 2))
    if len(shifts) < 20:
        return StereoFacts(across_px=float("nan"), spread_px=float("nan"), disparity_px=float("nan"), num_matches=0)
    across = float(np.median(shifts[:, 1]))
    return StereoFacts(
        across_px=across,
        spread_px=float(np.percentile(np.abs(shifts[:, 1] - across), 90)),
        disparity_px=float(-np.median(shifts[:, 0])),
        num_matches=len(shifts),
    )


def camera_of(estimate: FocalEstimate, *, small_width: int, size_hw: tuple[int, int]) -> Camera:
    """The estimate as a camera of the source, its principal point in the middle."""
    focal = estimate.focal * size_hw[1] / small_width
    return Camera(fx=focal, fy=focal, cx=size_hw[1] / 2, cy=size_hw[0] / 2, size_hw=size_hw)
