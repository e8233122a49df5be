"""Windowed bundle adjustment: poses, points and a scale for each keyframe's depth map, over a few keyframes at once.

A point is a ray of the keyframe that saw it first and the log of its inverse depth there (Civera et al. 2008). Each
observation gives two residuals of reprojection and one of the point's depth against the model's depth map times the
keyframe's scale. Levenberg-Marquardt; the points are eliminated first (Schur complement; Triggs et al. 2000).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int

SMALLEST_Z = 0.05  # of a point in a camera, as a share of its depth in the first one: less lies behind it


@dataclass(frozen=True, kw_only=True)
class BundleConfig:
    """Standard deviations of what is compared, in the unit named."""

    ray: float = 1e-3  # of a followed point, x/z: 0.4 pixels at a focal length of 400
    log_depth: float = 0.5  # of the model's depth of a point
    log_scale: float = 1.0  # of the scale of one depth map
    log_kept: float = 0.05  # of the depth of a point whose first keyframe left the window
    outlier: float = 2.5  # standard deviations at which a residual weighs half
    iterations: int = 12


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Which keyframe saw which point where, and how deep the model says it lies there (log; NaN: not known)."""

    point: Int[np.ndarray, " m"]
    keyframe: Int[np.ndarray, " m"]
    ray: Float[np.ndarray, "m 2"]
    log_depth: Float[np.ndarray, " m"]

    def only(self, chosen: Bool[np.ndarray, " m"] | Int[np.ndarray, " _"]) -> "Seen":
        """Some of them, by a mask or in an order."""
        return Seen(
            point=self.point[chosen], keyframe=self.keyframe[chosen], ray=self.ray[chosen],
            log_depth=self.log_depth[chosen],
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Window:
    """The unknowns of a few keyframes and of the points that they see, and what was seen, ordered by point."""

    poses: Float[np.ndarray, "k 4 4"]  # T_world_camera
    log_scale: Float[np.ndarray, " k"]  # depth = exp(log_scale) * the model's
    anchor: Int[np.ndarray, " l"]  # the keyframe of a point's ray
    ray: Float[np.ndarray, "l 2"]
    log_inverse: Float[np.ndarray, " l"]  # log of the inverse depth
    kept_inverse: Float[np.ndarray, " l"]  # what is known of it from keyframes before; NaN: nothing
    seen: Seen

    def points(self) -> Float[np.ndarray, "l 3"]:
        """The points in the world."""
        ray = np.column_stack((self.ray, np.ones(len(self.ray)))) * np.exp(-self.log_inverse)[:, None]
        T = self.poses[self.anchor]
        return (T[:, :3, :3] @ ray[..., None])[..., 0] + T[:, :3, 3]


def adjusted(window: Window, *, fixed: int, config: BundleConfig) -> tuple[Window, Float[np.ndarray, " m"]]:
    """The window that fits best what was seen, the first ``fixed`` poses as they are; and each reprojection error."""
    damping, now = 1e-3, _residuals(window, config)
    for _ in range(config.iterations):
        step = _step(window, now, fixed=fixed, damping=damping, config=config)
        moved = _moved(window, *step)
        after = _residuals(moved, config)
        gain = now.cost - after.cost
        if gain <= 0 or not np.isfinite(after.cost):
            damping *= 8
            continue
        window, now, damping = moved, after, max(damping / 4, 1e-7)
        if gain < 1e-4 * now.cost:
            break
    return window, np.linalg.norm(now.ray, axis=1) * config.ray


@dataclass(frozen=True, kw_only=True)
class _Residuals:
    """In standard deviations, with robust weights; ``turned``: each point in its camera times its inverse depth."""

    turned: Float[np.ndarray, "m 3"]
    ray: Float[np.ndarray, "m 2"]
    depth: Float[np.ndarray, " m"]
    ray_weight: Float[np.ndarray, " m"]
    depth_weight: Float[np.ndarray, " m"]
    cost: float


def _residuals(window: Window, config: BundleConfig) -> _Residuals:
    seen = window.seen
    a, t, inverse = window.anchor[seen.point], seen.keyframe, window.log_inverse[seen.point]
    R_t = window.poses[t, :3, :3]
    start = _homogeneous(window.ray[seen.point])
    in_world = (window.poses[a, :3, :3] @ start[..., None])[..., 0]
    in_world = in_world + np.exp(inverse)[:, None] * (window.poses[a, :3, 3] - window.poses[t, :3, 3])
    turned = (R_t.transpose(0, 2, 1) @ in_world[..., None])[..., 0]
    is_ahead = turned[:, 2] > SMALLEST_Z
    z = np.where(is_ahead, turned[:, 2], 1)
    ray = np.where(is_ahead[:, None], (turned[:, :2] / z[:, None] - seen.ray) / config.ray, 0)
    known = np.isfinite(seen.log_depth) & is_ahead
    depth = np.where(known, np.log(z) - inverse - seen.log_depth - window.log_scale[t], 0) / config.log_depth
    ray2, depth2, limit2 = (ray**2).sum(1), depth**2, config.outlier**2
    cost = limit2 * (np.log1p(ray2 / limit2).sum() + np.log1p(depth2 / limit2).sum())
    cost += 50 * (~is_ahead).sum()  # a point behind a camera must not pay
    kept = np.nan_to_num((window.log_inverse - window.kept_inverse) / config.log_kept)
    cost += (kept**2).sum() + ((window.log_scale / config.log_scale) ** 2).sum()
    return _Residuals(
        turned=turned, ray=ray, depth=depth, cost=float(cost),
        ray_weight=is_ahead / (1 + ray2 / limit2), depth_weight=known / (1 + depth2 / limit2),
    )  # fmt: skip


def _step(
    window: Window, now: _Residuals, *, fixed: int, damping: float, config: BundleConfig
) -> tuple[Float[np.ndarray, "k 7"], Float[np.ndarray, " l"]]:
    """The change of each keyframe (rotation, translation, log scale) and of each point's log inverse depth."""
    count, m = len(window.poses), len(window.seen.point)
    J, J_point, residual, weight = _jacobian(window, now, config)
    J = J.reshape(3 * m, 7 * count)
    weighted = J * weight.reshape(-1, 1)
    H = J.T @ weighted
    b = weighted.T @ residual.ravel()
    first = np.flatnonzero(np.diff(window.seen.point, prepend=-1))  # of each point
    per_point = (weighted.reshape(m, 3, -1) * J_point[..., None]).sum(1)
    cross = np.add.reduceat(per_point, first, axis=0)  # (l 7k)
    h_point = np.add.reduceat((weight * J_point**2).sum(1), first)
    b_point = np.add.reduceat((weight * J_point * residual).sum(1), first)
    is_kept = np.isfinite(window.kept_inverse)
    h_point = h_point + is_kept / config.log_kept**2 + 1e-6
    b_point = b_point + np.nan_to_num((window.log_inverse - window.kept_inverse) / config.log_kept**2)
    scales = np.arange(6, 7 * count, 7)
    H[scales, scales] += 1 / config.log_scale**2
    b[scales] += window.log_scale / config.log_scale**2
    h_point = h_point * (1 + damping)
    H[np.diag_indices_from(H)] *= 1 + damping
    share = cross / h_point[:, None]
    free = np.ones(7 * count, bool)
    free.reshape(count, 7)[:fixed, :6] = False
    reduced, right = (H - share.T @ cross)[np.ix_(free, free)], (b - share.T @ b_point)[free]
    change = np.zeros(7 * count)
    change[free] = -np.linalg.solve(reduced + 1e-9 * np.eye(free.sum()), right)
    return change.reshape(count, 7), -(b_point + cross @ change) / h_point


def _jacobian(window, now, config):
    """Of the three residuals of each observation: by the keyframes (m 3 k 7), by the point (m 3); value and weight."""
    seen, m = window.seen, len(window.seen.point)
    a, t, rows = window.anchor[seen.point], seen.keyframe, np.arange(len(window.seen.point))
    inverse = np.exp(window.log_inverse[seen.point])[:, None, None]
    back = window.poses[t, :3, :3].transpose(0, 2, 1)
    z = np.maximum(now.turned[:, 2], SMALLEST_Z)
    by_turned = np.zeros((m, 3, 3))
    by_turned[:, [0, 1], [0, 1]] = 1 / z[:, None] / config.ray
    by_turned[:, :2, 2] = -now.turned[:, :2] / z[:, None] ** 2 / config.ray
    by_turned[:, 2, 2] = 1 / z / config.log_depth
    J = np.zeros((m, 3, len(window.poses), 7))
    turn = -back @ window.poses[a, :3, :3] @ _skew(_homogeneous(window.ray[seen.point]))
    J[rows, :, a, :3] += by_turned @ turn
    J[rows, :, a, 3:6] += by_turned @ (inverse * back)
    J[rows, :, t, :3] += by_turned @ _skew(now.turned)
    J[rows, :, t, 3:6] -= by_turned @ (inverse * back)
    J[rows, 2, t, 6] = -1 / config.log_depth
    way = inverse * (back @ (window.poses[a, :3, 3] - window.poses[t, :3, 3])[..., None])
    J_point = (by_turned @ way)[..., 0]
    J_point[:, 2] -= 1 / config.log_depth
    residual = np.column_stack((now.ray, now.depth))
    weight = np.column_stack((now.ray_weight, now.ray_weight, now.depth_weight))
    return J, J_point, residual, weight


def _moved(window: Window, keyframes: Float[np.ndarray, "k 7"], points: Float[np.ndarray, " l"]) -> Window:
    return replace(
        window, poses=turned_and_moved(window.poses, keyframes[:, :6]), log_scale=window.log_scale + keyframes[:, 6],
        log_inverse=window.log_inverse + np.clip(points, -1, 1),
    )  # fmt: skip


def turned_and_moved(poses: Float[np.ndarray, "k 4 4"], change: Float[np.ndarray, "k 6"]) -> Float[np.ndarray, "k 4 4"]:
    """Each pose turned by a rotation vector in its own camera, and its centre moved in the world."""
    moved = poses.copy()
    moved[:, :3, :3] = poses[:, :3, :3] @ np.stack([cv2.Rodrigues(turn)[0] for turn in change[:, :3]])
    moved[:, :3, 3] += change[:, 3:]
    return moved


def _homogeneous(rays: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    return np.column_stack((rays, np.ones(len(rays))))


def _skew(v: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    x, y, z = v.T
    zero = np.zeros_like(x)
    return np.stack((zero, -z, y, z, zero, -x, -y, x, zero), axis=-1).reshape(-1, 3, 3)
