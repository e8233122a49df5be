"""The pose of one image from known points."""

import cv2
import numpy as np

from hondo.mapping.odometry.frame_pose import LEAST_POINTS, frame_pose

RANDOM = np.random.default_rng(0)
POINTS = np.column_stack((RANDOM.uniform(-2, 2, (80, 2)), RANDOM.uniform(2, 6, 80)))
TRUE = np.eye(4)
TRUE[:3, :3], TRUE[:3, 3] = cv2.Rodrigues(np.array([0.05, -0.1, 0.02]))[0], (0.2, -0.1, 0.3)
INSIDE = (POINTS - TRUE[:3, 3]) @ TRUE[:3, :3]
RAYS = INSIDE[:, :2] / INSIDE[:, 2:]


def test_exact_points_give_the_exact_pose_from_a_poor_guess() -> None:
    found = frame_pose(POINTS, RAYS, [np.eye(4)], deviation=1e-3)
    assert found is not None and found.is_kept.all()
    np.testing.assert_allclose(found.T_world_camera, TRUE, atol=1e-6)


def test_points_that_moved_by_themselves_are_left_out() -> None:
    rays = RAYS.copy()
    rays[:25] += 0.08
    found = frame_pose(POINTS, rays, [np.eye(4)], deviation=1e-3)
    assert found is not None and not found.is_kept[:25].any() and found.is_kept[25:].all()
    np.testing.assert_allclose(found.T_world_camera, TRUE, atol=1e-3)


def test_too_few_points_give_nothing() -> None:
    assert frame_pose(POINTS[: LEAST_POINTS - 1], RAYS[: LEAST_POINTS - 1], [TRUE], deviation=1e-3) is None
    noise = np.random.default_rng(1).uniform(-1, 1, (40, 2))
    assert frame_pose(POINTS[:40], noise, [TRUE], deviation=1e-4) is None
