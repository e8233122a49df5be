"""Lenses against OpenCV's own projection; their places straighten a bent image."""

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.geometry.lens import Lens, distorted, lens_places

RAYS = np.random.default_rng(0).uniform(-0.9, 0.9, (50, 2))
POINTS = np.column_stack((RAYS, np.ones(50)))
RADIAL = (-0.28, 0.07, 0.0002, -0.0013, 0.02, 0.01, -0.02, 0.003)
FISHEYE = (0.03, -0.02, 0.01, -0.002)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 8])
def test_radial_and_tangential_as_opencv(count: int) -> None:
    given = np.zeros(8)
    given[:count] = RADIAL[:count]
    places, _ = cv2.projectPoints(POINTS, np.zeros(3), np.zeros(3), np.eye(3), given)
    np.testing.assert_allclose(
        distorted(RAYS, Lens(kind="radial-tangential", coefficients=RADIAL[:count])), places[:, 0]
    )


def test_fisheye_as_opencv() -> None:
    places, _ = cv2.fisheye.projectPoints(POINTS[:, None], np.zeros(3), np.zeros(3), np.eye(3), np.array(FISHEYE))
    np.testing.assert_allclose(distorted(RAYS, Lens(kind="fisheye", coefficients=FISHEYE)), places[:, 0], rtol=1e-6)
    assert (distorted(np.zeros((1, 2)), Lens(kind="fisheye", coefficients=FISHEYE)) == 0).all()


def test_the_places_of_a_pinhole_without_distortion_are_its_pixels() -> None:
    camera = Camera(fx=30, fy=31, cx=19, cy=13, size_hw=(24, 40))
    places = lens_places(camera, Lens(kind="radial-tangential", coefficients=(0.0,)))
    np.testing.assert_allclose(places[5, 7], (7, 5), atol=1e-5)
    bent = lens_places(camera, Lens(kind="radial-tangential", coefficients=(-0.3, 0.1)))
    centre = np.array((camera.cx, camera.cy)) - 0.5
    assert np.linalg.norm(bent[0, 0] - centre) < np.linalg.norm(places[0, 0] - centre)  # a barrel draws corners in


def test_refuses_other_numbers_of_coefficients() -> None:
    with pytest.raises(HondoError, match="1 to 4 finite"):
        Lens(kind="fisheye", coefficients=(0.1,) * 5)
