"""Optical flow: shifts are found, places are sampled exactly, trips that leave the image do not come back."""

import cv2
import numpy as np
import pytest

from hondo.images.optical_flow import MIN_SIDE, OpticalFlow, pixel_places, round_trip, sampled, squared_length


def grey(height: int = 64, width: int = 96, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize("shift", [(0, 0), (3, 0), (-2, 1)])
def test_a_shift_is_found(is_fine, shift) -> None:
    big = grey(84, 116)
    dx, dy = shift
    before, now = big[10:74, 10:106], big[10 + dy : 74 + dy, 10 + dx : 106 + dx]
    flow = OpticalFlow(is_fine=is_fine)(np.ascontiguousarray(now), np.ascontiguousarray(before))
    np.testing.assert_allclose(np.median(flow[12:-12, 12:-12], axis=(0, 1)), shift, atol=0.15)


@pytest.mark.parametrize("size_hw", [(MIN_SIDE, MIN_SIDE), (MIN_SIDE, 300), (700, MIN_SIDE)])
def test_the_narrowest_images_are_taken(size_hw) -> None:
    image = grey(*size_hw)
    for is_fine in (False, True):
        assert np.abs(OpticalFlow(is_fine=is_fine)(image, image)).max() < 0.1


def test_narrower_ones_are_refused() -> None:
    with pytest.raises(AssertionError, match="MIN_SIDE"):
        OpticalFlow()(grey(20, 300), grey(20, 300))


def test_values_are_taken_at_their_places() -> None:
    places = pixel_places((5, 7))
    assert places.shape == (5, 7, 2) and tuple(places[2, 6]) == (6, 2)
    values = np.arange(35, dtype=np.float32).reshape(5, 7)
    np.testing.assert_array_equal(sampled(values, places), values)
    np.testing.assert_array_equal(sampled(values, places + np.float32([1, 0]))[:, :-1], values[:, 1:])
    assert sampled(values, places + np.float32([1, 0]))[0, -1] == values[0, -1]
    assert sampled(values, places + np.float32([5, 0]), outside=-1.0)[0, -1] == -1


def test_a_round_trip_ends_where_it_began_or_misses() -> None:
    there = np.full((40, 50, 2), 3, dtype=np.float32)
    place = pixel_places((40, 50)) + there
    miss = round_trip(there, -there, place)
    assert (miss[:36, :46] == 0).all() and miss[-1, -1] > 1e5
    np.testing.assert_allclose(round_trip(there, 0 * there, place)[:36, :46], 18)
    np.testing.assert_allclose(squared_length(there), 18)
