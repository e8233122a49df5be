"""The pose of one image from points whose place in the world is known: the best of several guesses, refined."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from hondo.mapping.odometry.bundle import turned_and_moved

LEAST_POINTS = 12  # fewer agree with a wrong pose too
_SMALLEST_Z = 1e-3
_ITERATIONS = 10


@dataclass(frozen=True, kw_only=True)
class FramePose:
    """``T_world_camera``, which points agree with it, and the robust cost per point."""

    T_world_camera: Float[np.ndarray, "4 4"]
    is_kept: Bool[np.ndarray, " n"]
    cost: float


def frame_pose(
    points: Float[np.ndarray, "n 3"],
    rays: Float[np.ndarray, "n 2"],
    guesses: Sequence[Float[np.ndarray, "4 4"]],
    *,
    deviation: float,
) -> FramePose | None:
    """The pose that sees ``points`` at ``rays`` (x/z, y/z) to ``deviation``; None where too few points agree.

    Guesses are those given and that of RANSAC over triples of points; the best is refined with a Cauchy cost.
    """
    if len(points) < LEAST_POINTS:
        return None
    found = [_judged(points, rays, T, deviation) for T in (*guesses, *_ransac(points, rays, deviation))]
    best = min(found, key=lambda each: each.cost)
    refined = _refined(points, rays, best.T_world_camera, deviation=deviation)
    return refined if refined.is_kept.sum() >= LEAST_POINTS else None


def _ransac(points, rays, deviation: float) -> list[Float[np.ndarray, "4 4"]]:
    is_found, turn, move, _ = cv2.solvePnPRansac(
        points, rays, np.eye(3), None, reprojectionError=3 * deviation, iterationsCount=100, flags=cv2.SOLVEPNP_SQPNP
    )
    if not is_found:
        return []
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = cv2.Rodrigues(turn)[0], move[:, 0]
    return [np.linalg.inv(T)]


def _refined(points, rays, T: Float[np.ndarray, "4 4"], *, deviation: float) -> FramePose:
    """Gauss-Newton with iteratively reweighted residuals (Cauchy, half weight at 2.5 deviations)."""
    for _ in range(_ITERATIONS):
        inside, error, is_ahead = _errors(points, rays, T, deviation)
        z = np.where(is_ahead, inside[:, 2], 1)
        J = np.zeros((len(points), 2, 6))
        by_inside = np.zeros((len(points), 2, 3))
        by_inside[:, [0, 1], [0, 1]] = 1 / z[:, None] / deviation
        by_inside[:, :, 2] = -inside[:, :2] / z[:, None] ** 2 / deviation
        x, y, depth = inside.T
        zero = np.zeros_like(x)
        turn = np.stack((zero, -depth, y, depth, zero, -x, -y, x, zero), axis=-1).reshape(-1, 3, 3)
        J[:, :, :3], J[:, :, 3:] = by_inside @ turn, -by_inside @ T[:3, :3].T
        weight = is_ahead / (1 + (error**2).sum(1) / 2.5**2)
        rows, weighted = J.reshape(-1, 6), (J * weight[:, None, None]).reshape(-1, 6)
        H = weighted.T @ rows
        step = -np.linalg.solve(H + 1e-6 * np.eye(6) * (1 + np.diag(H)), weighted.T @ error.ravel())
        T = turned_and_moved(T[None], step[None])[0]
        if np.abs(step).max() < 1e-7:
            break
    return _judged(points, rays, T, deviation)


def _judged(points, rays, T: Float[np.ndarray, "4 4"], deviation: float) -> FramePose:
    _, error, is_ahead = _errors(points, rays, T, deviation)
    square = (error**2).sum(1)
    cost = float(np.where(is_ahead, np.log1p(square / 2.5**2), 10).mean())
    return FramePose(T_world_camera=T, is_kept=is_ahead & (square < 4.0**2), cost=cost)


def _errors(points, rays, T, deviation):
    inside = (points - T[:3, 3]) @ T[:3, :3]
    is_ahead = inside[:, 2] > _SMALLEST_Z
    error = (inside[:, :2] / np.where(is_ahead, inside[:, 2], 1)[:, None] - rays) / deviation
    return inside, np.where(is_ahead[:, None], error, 0), is_ahead
