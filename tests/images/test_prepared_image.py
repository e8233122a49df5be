"""Images fitted to a network's input, with their cameras."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, InputSpec
from hondo.images.placement import prepare_image

CAMERA = Camera(fx=200, fy=210, cx=128, cy=64, size_hw=(128, 256))


def test_a_camera_of_another_aspect_is_refused() -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    with pytest.raises(HondoError, match=r"256x128 image.*this one is 100x100"):
        prepare_image(image, InputSpec(size_hw=(32, 64)), camera=CAMERA)


def test_the_camera_follows_the_image_and_the_networks_input() -> None:
    image = np.zeros((64, 128, 3), dtype=np.uint8)
    prepared = prepare_image(image, InputSpec(size_hw=(32, 64), fixed=True), camera=CAMERA)
    assert prepared.camera == CAMERA.resized((64, 128))
    np.testing.assert_allclose(prepared.network_K, CAMERA.resized((32, 64)).K)


def test_a_map_comes_back_at_the_images_size_or_another() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    prepared = prepare_image(image, InputSpec(size_hw=(64, 128), fixed=True))  # letterboxed
    np.testing.assert_allclose(prepared.at_image(prepared.network_input[0, 0]), image[..., 0] / 255, atol=1e-6)
    assert prepared.resized((32, 48)).at_image(prepared.network_input[0, 0]).shape == (32, 48)
