"""The window of keyframes as it changes: one more, one less, points that are left out. Pure functions on ``Window``."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from hondo.mapping.odometry.bundle import Seen, Window

NOWHERE = -1  # of a point that is left out


def empty_window() -> Window:
    """Nothing yet."""
    none, whole = np.zeros(0), np.zeros(0, int)
    seen = Seen(point=whole, keyframe=whole, ray=np.zeros((0, 2)), log_depth=none)
    return Window(
        poses=np.zeros((0, 4, 4)), log_scale=none, anchor=whole, ray=np.zeros((0, 2)), log_inverse=none,
        kept_inverse=none, seen=seen,
    )  # fmt: skip


def with_keyframe(
    window: Window,
    T_world_camera: Float[np.ndarray, "4 4"],
    *,
    log_scale: float,
    point: Int[np.ndarray, " n"],
    ray: Float[np.ndarray, "n 2"],
    log_depth: Float[np.ndarray, " n"],
    new_ray: Float[np.ndarray, "m 2"],
    new_log_depth: Float[np.ndarray, " m"],
) -> Window:
    """The window with one more keyframe, which sees the points ``point`` and new ones; depths are the model's (log).

    New points start as deep as the model says, or in the middle of the others where it does not.
    """
    keyframe, new = len(window.poses), np.arange(len(new_ray)) + len(window.ray)
    is_known = np.isfinite(new_log_depth)
    middle = np.median(new_log_depth[is_known]) if is_known.any() else 0.0
    start = -(np.where(is_known, new_log_depth, middle) + log_scale)
    seen = Seen(
        point=np.concatenate((window.seen.point, point, new)),
        keyframe=np.concatenate((window.seen.keyframe, np.full(len(point) + len(new), keyframe))),
        ray=np.concatenate((window.seen.ray, ray, new_ray)),
        log_depth=np.concatenate((window.seen.log_depth, log_depth, new_log_depth)),
    )
    return Window(
        poses=np.concatenate((window.poses, T_world_camera[None])),
        log_scale=np.append(window.log_scale, log_scale),
        anchor=np.concatenate((window.anchor, np.full(len(new), keyframe))),
        ray=np.concatenate((window.ray, new_ray)),
        log_inverse=np.concatenate((window.log_inverse, start)),
        kept_inverse=np.concatenate((window.kept_inverse, np.full(len(new), np.nan))),
        seen=seen.only(np.argsort(np.concatenate((window.seen.point, point, new)), kind="stable")),
    )


def without_oldest(window: Window) -> Window:
    """Without the first keyframe: its points move to the next keyframe that sees them, where their depth is kept."""
    first_of, points = np.full(len(window.ray), NOWHERE), window.points()
    later = window.seen.keyframe > 0
    order = np.flatnonzero(later)[::-1]  # the earliest is written last
    first_of[window.seen.point[order]] = window.seen.keyframe[order]
    moves = (window.anchor == 0) & (first_of != NOWHERE)
    T = np.linalg.inv(window.poses)[np.where(moves, first_of, 0)]
    inside = (T[:, :3, :3] @ points[..., None])[..., 0] + T[:, :3, 3]
    moves &= inside[:, 2] > 0
    z = np.where(moves, inside[:, 2], 1)
    window = replace(
        window,
        anchor=np.where(moves, first_of, window.anchor),
        ray=np.where(moves[:, None], inside[:, :2] / z[:, None], window.ray),
        log_inverse=np.where(moves, -np.log(z), window.log_inverse),
        kept_inverse=np.where(moves, -np.log(z), window.kept_inverse),
        seen=window.seen.only(later),
    )
    window = replace(window, poses=window.poses[1:], log_scale=window.log_scale[1:], anchor=window.anchor - 1,
                     seen=replace(window.seen, keyframe=window.seen.keyframe - 1))  # fmt: skip
    return window


def only_points(window: Window, chosen: Bool[np.ndarray, " l"]) -> tuple[Window, Int[np.ndarray, " l"]]:
    """The window with some of its points, and the new number of each (``NOWHERE`` for those left out)."""
    number = np.where(chosen, np.cumsum(chosen) - 1, NOWHERE)
    seen = window.seen.only(chosen[window.seen.point])
    smaller = replace(
        window, anchor=window.anchor[chosen], ray=window.ray[chosen], log_inverse=window.log_inverse[chosen],
        kept_inverse=window.kept_inverse[chosen], seen=replace(seen, point=number[seen.point]),
    )  # fmt: skip
    return smaller, number
