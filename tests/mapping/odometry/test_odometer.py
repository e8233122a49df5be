"""The path through a textured box, whose true path is known."""

import numpy as np
import pytest

from hondo.mapping.odometry.odometer import Odometer, OdometryConfig
from tests.mapping.textured_room import CAMERA, circle, walk


def follow(images: list, depths: list, *, factor: float = 1.0, **config) -> tuple[np.ndarray, Odometer]:
    """The estimated path, with the true depth times ``factor`` as the model's."""
    now = iter(depths)
    current = [None]
    odometer = Odometer(CAMERA, lambda image: factor * current[0], config=OdometryConfig(**config))
    for image in images:
        current[0] = next(now)
        odometer.add(image)
    return odometer.finish(), odometer


@pytest.fixture(scope="module")
def quarter():
    poses = circle(30, turn=np.pi / 2)
    return poses, *walk(poses)


def test_the_path_is_that_of_the_camera(quarter) -> None:
    poses, images, depths = quarter
    path, odometer = follow(images, depths)
    true = np.linalg.inv(poses[0]) @ poses
    length = np.linalg.norm(np.diff(true[:, :3, 3], axis=0), axis=1).sum()
    assert np.linalg.norm(path[:, :3, 3] - true[:, :3, 3], axis=1).max() < 0.02 * length
    assert not odometer.lost and 3 < len(odometer.keyframes) < 30


def test_lengths_are_in_the_unit_of_the_depth(quarter) -> None:
    _, images, depths = quarter
    once, twice = (follow(images[:8], depths, factor=factor)[0] for factor in (1, 2))
    np.testing.assert_allclose(twice[-1, :3, 3], 2 * once[-1, :3, 3], rtol=0.02, atol=1e-3)


def test_the_window_bounds_what_is_kept(quarter) -> None:
    _, images, depths = quarter
    _, odometer = follow(images, depths, window=3)
    assert len(odometer._greys) <= 3 and len(odometer._window.poses) <= 3
    assert len(odometer._window.ray) < 4 * OdometryConfig().points


def test_behind_a_cut_the_path_goes_on(quarter) -> None:
    _, images, depths = quarter
    flat = np.full_like(images[0], 90)
    path, odometer = follow([*images[:5], flat, *images[5:10]], [*depths[:5], depths[4], *depths[5:10]])
    assert odometer.lost == [5, 6] and np.isfinite(path).all() and len(path) == 11
