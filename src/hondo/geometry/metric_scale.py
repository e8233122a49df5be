"""Metres for a depth map that is known up to a factor, or up to a factor and a shift: from measured points or a height.

Larger inverse depth is nearer; a depth map of metres becomes one whose factor is corrected.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.geometry.depth_units import invert_depth

LEVEL = np.cos(np.radians(35))  # a ground plane is tilted by less than this against the camera
ON_GROUND = 0.03  # distance to the plane, as a share of a point's depth
LEAST_SHARE = 0.3  # of the lower half of the image, that must be ground
TRIES, POINTS_TRIED = 200, 4000


@dataclass(frozen=True, kw_only=True)
class MetricScale:
    """value -> factor value + shift, then in metres or 1/metres. ``spread``: relative, None where it is not known."""

    factor: float
    shift: float = 0.0
    spread: float | None = None

    def apply(self, depth_map: DepthMap) -> DepthMap:
        """The map in metres (or 1/m). Inverse depth that the shift makes negative or zero is unknown."""
        values = depth_map.values * np.float32(self.factor) + np.float32(self.shift)
        if not depth_map.kind.is_inverse:
            return replace(depth_map, values=values)
        values = np.where(values > 0, values, np.float32(np.nan)) if self.shift else values
        return replace(depth_map, values=values, kind=DepthKind.METRIC_INVERSE_DEPTH)


def scale_from_points(depth_map: DepthMap, points: Float[np.ndarray, "n 3"]) -> MetricScale:
    """The scale at which the map is closest to measured ``points``: x and y in pixels of the map, depth in metres.

    One point is enough for a factor, two of different depth are needed for a factor and a shift.
    """
    points = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    if not len(points):
        raise HondoError("no measured point is given; give x, y in pixels and metres")
    if not (np.isfinite(points).all() and (points[:, 2] > 0).all()):
        raise HondoError(f"measured points need pixels and a positive depth in metres, got {points.tolist()[:3]}")
    given = np.array([_value_at(depth_map, x, y) for x, y, _ in points])
    wanted = points[:, 2] if not depth_map.kind.is_inverse else 1 / points[:, 2]
    if depth_map.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        factor, shift = _line(given, wanted)
    else:
        factor, shift = float(np.median(wanted / given)), 0.0
    errors = np.abs((factor * given + shift) / wanted - 1)
    return MetricScale(factor=factor, shift=shift, spread=float(np.median(errors)) if len(points) > 2 else None)


def scale_from_height(depth_map: DepthMap, metres: float, *, seed: int = 0) -> MetricScale:
    """The scale at which the camera stands ``metres`` above the ground, a plane in the lower half of the image.

    RANSAC over planes that are roughly level (Fischler & Bolles 1981), then least squares over the points on it.
    """
    if not metres > 0:
        raise HondoError(f"a camera stands above the ground by a positive number of metres, got {metres:g}")
    if depth_map.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            "relative inverse depth has an unknown shift, so its ground is no plane; give two measured points"
        )
    if depth_map.camera is None:
        raise HondoError("the height of a camera needs its intrinsics; give camera or fov", field="camera")
    points = _lower_half(depth_map, depth_map.camera, seed=seed)
    normal, offset, on_plane = level_plane(points, seed=seed)
    if on_plane.mean() < LEAST_SHARE:
        raise HondoError(
            f"no ground plane: only {on_plane.mean():.0%} of the lower half of the image lies on one "
            f"(at least {LEAST_SHARE:.0%}); give measured points instead"
        )
    factor = metres / offset
    distances = np.abs(points[on_plane] @ normal - offset) / offset
    is_inverse = depth_map.kind.is_inverse
    return MetricScale(factor=1 / factor if is_inverse else factor, spread=float(np.median(distances)))


def _value_at(depth_map: DepthMap, x: float, y: float) -> float:
    """The median of the 3x3 pixels around (x, y)."""
    height, width = depth_map.size_hw
    if not (0 <= x < width and 0 <= y < height):
        raise HondoError(f"measured point ({x:g}, {y:g}) lies outside of the image of {width}x{height} pixels")
    column, row = int(x), int(y)
    around = depth_map.values[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    known = around[np.isfinite(around) & (around > 0)]
    if not known.size:
        raise HondoError(f"the depth at the measured point ({x:g}, {y:g}) is not known; choose another one")
    return float(np.median(known))


def _line(given: Float[np.ndarray, "n"], wanted: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Factor and shift with the least relative errors."""
    if len(given) < 2 or np.ptp(given) < 1e-3 * np.abs(given).max():
        raise HondoError("relative inverse depth needs two measured points of different depth at least")
    columns = np.stack([given, np.ones_like(given)], axis=1)
    factor, shift = np.linalg.lstsq(columns / wanted[:, None], np.ones_like(wanted), rcond=None)[0]
    if factor <= 0:
        raise HondoError("the measured points contradict the depth map: what they say is near, it says is far")
    return float(factor), float(shift)


def _lower_half(depth_map: DepthMap, camera: Camera, *, seed: int) -> Float[np.ndarray, "n 3"]:
    """Points of the lower half in camera coordinates, in the map's own unit of depth."""
    depth = invert_depth(depth_map.values) if depth_map.kind.is_inverse else depth_map.values
    rows, columns = np.nonzero(np.isfinite(depth) & (depth > 0))
    is_low = rows >= depth.shape[0] // 2
    rows, columns = rows[is_low], columns[is_low]
    if len(rows) > POINTS_TRIED:
        chosen = np.random.default_rng(seed).choice(len(rows), POINTS_TRIED, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    if len(rows) < 3:
        raise HondoError("no ground plane: the depth of the lower half of the image is not known")
    z = depth[rows, columns].astype(np.float64)
    x, y = (columns + 0.5 - camera.cx) / camera.fx * z, (rows + 0.5 - camera.cy) / camera.fy * z
    return np.stack([x, y, z], axis=1)


def level_plane(
    points: Float[np.ndarray, "n 3"], *, seed: int
) -> tuple[Float[np.ndarray, "3"], float, Bool[np.ndarray, "n"]]:
    """The level plane below the camera that most points lie on: its normal (down), its distance, and which points."""
    random = np.random.default_rng(seed)
    triples = points[random.integers(len(points), size=(TRIES, 3))]  # (tries 3 3)
    normals = np.cross(triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    normals = normals / np.maximum(lengths, 1e-12)[:, None] * np.sign(normals[:, 1:2])
    offsets = (normals * triples[:, 0]).sum(axis=1)
    allowed = (lengths > 1e-12) & (normals[:, 1] > LEVEL) & (offsets > 0)
    if not allowed.any():
        return np.array([0.0, 1.0, 0.0]), 1.0, np.zeros(len(points), dtype=bool)
    distances = np.abs(points @ normals[allowed].T - offsets[allowed])  # (n planes)
    near = distances < ON_GROUND * points[:, 2:]
    on_plane = near[:, near.sum(axis=0).argmax()]
    normal, *_ = np.linalg.lstsq(points[on_plane], np.ones(on_plane.sum()), rcond=None)
    offset = 1 / np.linalg.norm(normal)  # normal . p = 1 on the plane
    return normal * offset, float(offset), on_plane
