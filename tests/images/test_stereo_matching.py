"""A textured square before a textured wall, both shifted by known disparities."""

import cv2
import numpy as np
import pytest

from hondo.images.stereo_matching import match_disparity

WALL, SQUARE = 6, 14  # pixels


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    far, near = (cv2.GaussianBlur(rng.integers(0, 255, (64, 200, 3), dtype=np.uint8), (0, 0), 1.0) for _ in range(2))
    left, right = far[:, 20:148].copy(), far[:, 20 + WALL : 148 + WALL].copy()
    left[20:44, 60:90] = near[20:44, 60:90]
    right[20:44, 60 - SQUARE : 90 - SQUARE] = near[20:44, 60:90]
    truth = np.full((64, 128), WALL, np.float32)
    truth[20:44, 60:90] = SQUARE
    return left, right, truth


def test_disparity_is_right_where_it_is_certain(pair):
    left, right, truth = pair
    found, is_certain = match_disparity(left, right)
    assert found.shape == is_certain.shape == truth.shape
    assert is_certain.mean() > 0.7
    assert (np.abs(found - truth)[is_certain] < 0.5).mean() > 0.97


def test_what_the_other_image_does_not_see_is_not_certain(pair):
    left, right, _ = pair
    _, is_certain = match_disparity(left, right)
    hidden = is_certain[20:44, 60 - (SQUARE - WALL) : 60]  # of the wall, left of the square
    assert hidden.mean() < 0.4 and is_certain[:, :WALL].mean() < 0.1  # and what lies outside the right image


def test_swapped_images_are_certain_in_few_places(pair):
    left, right, _ = pair
    assert match_disparity(right, left)[1].mean() < 0.4 * match_disparity(left, right)[1].mean()
