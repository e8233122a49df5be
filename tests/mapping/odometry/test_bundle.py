"""Bundle adjustment: exact where the observations are, its derivatives those of its residuals."""

import cv2
import numpy as np
import pytest

from hondo.mapping.odometry.bundle import BundleConfig, Seen, Window, _jacobian, _moved, _residuals, adjusted

CONFIG = BundleConfig()
KEYFRAMES, POINTS = 4, 60


def window(*, noise: float = 0.0) -> Window:
    """A camera that moves and turns past points at 1 to 5 m; each is seen from its first keyframe on."""
    random = np.random.default_rng(0)
    poses = np.tile(np.eye(4), (KEYFRAMES, 1, 1))
    for k, pose in enumerate(poses):
        pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(np.array([0, 0.05 * k, 0.01 * k]))[0], (0.05 * k, 0.01 * k, 0.08 * k)
    anchor, ray = random.integers(0, 2, POINTS), random.uniform(-0.6, 0.6, (POINTS, 2))
    log_inverse = -np.log(random.uniform(1, 5, POINTS))
    point, keyframe = np.array([(p, k) for p in range(POINTS) for k in range(anchor[p], KEYFRAMES)]).T
    none = Seen(point=point, keyframe=keyframe, ray=np.zeros((len(point), 2)), log_depth=np.zeros(len(point)))
    empty = Window(
        poses=poses, log_scale=np.zeros(KEYFRAMES), anchor=anchor, ray=ray, log_inverse=log_inverse,
        kept_inverse=np.full(POINTS, np.nan), seen=none,
    )  # fmt: skip
    T = np.linalg.inv(poses)[keyframe]
    inside = (T[:, :3, :3] @ empty.points()[point][..., None])[..., 0] + T[:, :3, 3]
    rays = inside[:, :2] / inside[:, 2:] + noise * random.normal(size=(len(point), 2))
    seen = Seen(point=point, keyframe=keyframe, ray=rays, log_depth=np.log(inside[:, 2]))
    return Window(**{**vars(empty), "seen": seen})


def moved(true: Window) -> Window:
    random = np.random.default_rng(1)
    change = np.column_stack(
        (
            random.normal(0, 0.01, (KEYFRAMES, 3)),
            random.normal(0, 0.03, (KEYFRAMES, 3)),
            random.normal(0, 0.1, KEYFRAMES),
        )
    )
    change[0] = 0
    return _moved(true, change, random.normal(0, 0.2, POINTS))


def test_exact_observations_give_the_exact_window() -> None:
    true = window()
    found, error = adjusted(moved(true), fixed=1, config=CONFIG)
    np.testing.assert_allclose(found.poses, true.poses, atol=0.02)
    assert error.max() < 0.1 * CONFIG.ray


def test_noise_of_half_a_pixel_costs_millimetres() -> None:
    true = window(noise=1e-3)
    found, _ = adjusted(moved(true), fixed=1, config=CONFIG)
    assert np.linalg.norm(found.poses[:, :3, 3] - true.poses[:, :3, 3], axis=1).max() < 0.02


def test_fixed_poses_stay_and_no_iterations_change_nothing() -> None:
    start = moved(window())
    found, _ = adjusted(start, fixed=2, config=CONFIG)
    np.testing.assert_array_equal(found.poses[:2], start.poses[:2])
    same, _ = adjusted(start, fixed=1, config=BundleConfig(iterations=0))
    np.testing.assert_array_equal(same.poses, start.poses)


@pytest.mark.parametrize(("keyframe", "column"), [(2, 0), (3, 4), (1, 2), (2, 6)])
def test_derivatives_are_those_of_the_residuals(keyframe: int, column: int) -> None:
    start, step = moved(window()), 1e-6
    now = _residuals(start, CONFIG)
    change = np.zeros((KEYFRAMES, 7))
    change[keyframe, column] = step
    after = _residuals(_moved(start, change, np.zeros(POINTS)), CONFIG)
    numeric = np.column_stack((after.ray - now.ray, after.depth - now.depth)) / step
    np.testing.assert_allclose(_jacobian(start, now, CONFIG)[0][:, :, keyframe, column], numeric, atol=1e-2, rtol=1e-3)
