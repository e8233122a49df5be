"""Depth maps that agree with each other and with given poses: each gets the scale that followed points have."""

import numpy as np
from jaxtyping import Float

from hondo.data.datasets.camera_path import View
from hondo.mapping.odometry.frame_pose import LEAST_POINTS
from hondo.mapping.odometry.tracks import follow, new_corners

LEAST_ANGLE = np.radians(1.0)  # between the rays of a point: with less its depth is noise
MOST_MISS = 3e-3  # of a ray from its epipolar line, x/z
POINTS = 400
TRIES = 6  # views that one is compared with until another takes its place
KEPT = 5  # scales whose median is taken: those of the last views


class ScaleFollower:
    """Scales of keyframes, one after the other: true depth over the model's; the last one where nothing is seen."""

    def __init__(self) -> None:
        self._first: tuple[View, np.ndarray] | None = None  # the view that the next ones are compared with
        self._tries, self._scales = 0, list[float]()

    def __call__(self, view: View, T_world_camera: Float[np.ndarray, "4 4"]) -> float | None:
        """The scale of this view; None as long as none is known."""
        if self._first is not None:
            first, T_world_first = self._first
            ratio = scale_between(view, first, np.linalg.inv(T_world_first) @ T_world_camera)
            self._scales = [*self._scales[-KEPT + 1 :], *([] if ratio is None else [ratio])]
            self._tries = self._tries + 1 if ratio is None else 0
        if self._first is None or self._tries in (0, TRIES):  # a view that has too little parallax waits for more
            self._first, self._tries = (view, T_world_camera), 0
        return float(np.median(self._scales)) if self._scales else None


def scale_between(view: View, other: View, T_other_view: Float[np.ndarray, "4 4"]) -> float | None:
    """The median of triangulated over the model's depth of points of ``view`` that ``other`` shows too."""
    places = new_corners(view.grey, np.zeros((0, 2)), count=POINTS, distance=6.0)
    moved, is_kept = follow(view.grey, other.grey, places, places)
    places, moved = places[is_kept], moved[is_kept]
    first, second = (_homogeneous(each.rays(at)) for each, at in ((view, places), (other, moved)))
    turned, way = first @ T_other_view[:3, :3].T, T_other_view[:3, 3]
    a, b = np.cross(second, turned), np.cross(second, way)  # z a + b = 0
    square = (a**2).sum(1)
    z = -(a * b).sum(1) / np.maximum(square, 1e-12)
    angle = np.sqrt(square) / np.linalg.norm(second, axis=1) / np.linalg.norm(turned, axis=1)
    miss = np.linalg.norm(a * z[:, None] + b, axis=1) / np.maximum(z, 1e-9)
    ratio = z / view.depth_at(places)
    is_used = (z > 0) & (angle > np.sin(LEAST_ANGLE)) & (miss < MOST_MISS) & np.isfinite(ratio) & (ratio > 0)
    return float(np.median(ratio[is_used])) if is_used.sum() >= LEAST_POINTS else None


def _homogeneous(rays: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    return np.column_stack((rays, np.ones(len(rays))))
