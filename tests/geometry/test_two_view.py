"""Motions from points seen twice: exact where the points are, deaf to those that moved by themselves."""

import numpy as np
import pytest

from hondo.geometry.two_view import MIN_POINTS, two_view_motion

TOLERANCE = 1e-3


def motion(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    T = np.eye(4)
    axis = random.normal(0, 0.05, 3)
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    T[:3, :3] = np.linalg.qr(np.eye(3) + K)[0] @ np.diag(np.sign(np.diag(np.linalg.qr(np.eye(3) + K)[1])))
    way = random.normal(size=3)
    T[:3, 3] = way / np.linalg.norm(way)
    return T


def seen_twice(T: np.ndarray, count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    points = np.stack((random.uniform(-6, 6, count), random.uniform(-4, 4, count), random.uniform(6, 30, count)), 1)
    moved = points @ T[:3, :3].T + T[:3, 3]
    return points, points[:, :2] / points[:, 2:], moved[:, :2] / moved[:, 2:]


@pytest.mark.parametrize("seed", range(5))
def test_exact_points_give_the_motion_and_themselves(seed: int):
    T = motion(seed)
    points, rays, moved = seen_twice(T, 200)
    found = two_view_motion(rays, moved, tolerance=TOLERANCE)
    assert found is not None
    np.testing.assert_allclose(found.T_next_first, T, atol=1e-3)
    np.testing.assert_allclose(found.points, points[found.is_kept], rtol=0.02)


def test_what_moved_by_itself_is_left_out():
    T = motion(0)
    _, rays, moved = seen_twice(T, 300)
    moved[:90] += np.random.default_rng(1).uniform(0.05, 0.2, (90, 2))
    found = two_view_motion(rays, moved, tolerance=TOLERANCE)
    assert found is not None
    np.testing.assert_allclose(found.T_next_first, T, atol=0.02)
    assert found.is_kept[90:].mean() > 0.9 and found.is_kept[:90].mean() < 0.2


def test_the_way_back_is_the_inverse():
    T = motion(3)
    _, rays, moved = seen_twice(T, 200)
    there = two_view_motion(rays, moved, tolerance=TOLERANCE)
    back = two_view_motion(moved, rays, tolerance=TOLERANCE)
    assert there is not None and back is not None
    np.testing.assert_allclose(there.T_next_first @ back.T_next_first, np.eye(4), atol=2e-3)


def test_noise_and_too_few_points_give_nothing():
    random = np.random.default_rng(0)
    few = random.uniform(-1, 1, (MIN_POINTS - 1, 2))
    assert two_view_motion(few, few, tolerance=TOLERANCE) is None
    assert two_view_motion(random.uniform(-1, 1, (60, 2)), random.uniform(-1, 1, (60, 2)), tolerance=1e-5) is None
