"""Decoded pixels to 8-bit RGB: exact values, transparency on white, EXIF orientation."""

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.images.pixels import on_white, oriented, tensor_to_rgb8, to_8_bit, to_rgb8


def test_sixteen_bit_values_and_floats_are_scaled() -> None:
    eight = np.arange(256, dtype=np.uint16)
    np.testing.assert_array_equal(to_8_bit(eight * 257, name="x"), eight)
    assert to_8_bit(np.array([0, 0.5, 1]), name="x").tolist() == [0, 128, 255]


@pytest.mark.parametrize("pixels", [np.array([[2.0]]), np.array([[np.nan]]), np.array([[1]], np.int32)])
def test_values_without_a_known_white_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(HondoError, match="x holds"):
        to_8_bit(pixels, name="x")


def test_grey_becomes_three_equal_channels() -> None:
    assert to_rgb8(np.array([[7]], np.uint8), name="x").tolist() == [[[7, 7, 7]]]
    with pytest.raises(HondoError, match="5 channels"):
        to_rgb8(np.zeros((2, 2, 5), np.uint8), name="x")


def test_transparent_pixels_show_white() -> None:
    rgb, alpha = np.zeros((1, 3, 3), np.uint8), np.array([[0, 128, 255]], np.uint8)
    assert on_white(rgb, alpha, name="x")[0, :, 0].tolist() == [255, 127, 0]
    with pytest.raises(HondoError, match="fully transparent"):
        on_white(rgb, alpha * 0, name="x")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_keeps_every_pixel_and_its_inverse_undoes_it(orientation: int) -> None:
    pixels = np.arange(6).reshape(2, 3)
    turned = oriented(pixels, orientation)
    assert turned.shape == ((3, 2) if orientation >= 5 else (2, 3)) and turned.flags.c_contiguous
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    np.testing.assert_array_equal(oriented(turned, inverse), pixels)


def test_orientation_6_turns_clockwise() -> None:
    assert oriented(np.array([[1, 2], [3, 4]]), 6).tolist() == [[3, 1], [4, 2]]


def test_an_alpha_channel_that_is_no_transparency_is_told() -> None:
    rgb = np.full((4, 5, 3), 100, np.uint8)
    with pytest.warns(HondoWarning, match="remove the channel if it holds something else, e.g. depth"):
        on_white(rgb, np.arange(1, 21, dtype=np.uint8).reshape(4, 5), name="x")


def test_a_tensor_becomes_pixels_and_what_lies_beyond_is_cut() -> None:
    image = torch.tensor([0.0, 0.5, 1.0, 1.5, -1.0, 0.1]).reshape(3, 1, 2)
    pixels = tensor_to_rgb8(image)
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    assert pixels.tolist() == [[[0, 255, 0], [128, 255, 26]]]
