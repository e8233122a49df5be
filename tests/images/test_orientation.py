"""One place turns images, exactly once, and none turns depth: every decoder by the eight orientations."""

from collections.abc import Callable

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.read import image_orientation, image_size, read_depth, read_image
from tests.images.tiff_writer import tiff

# EXIF 2.3: where the first row and the first column of the stored pixels lie in the image as shown.
SHOWN: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored.swapaxes(0, 1)[::-1],
}
ROW, COLUMN = np.mgrid[:20, :33]
COLOUR = np.stack([COLUMN * 7, ROW * 12, COLUMN * 3 + ROW * 5], axis=-1).astype(np.uint8)
DEEP = COLOUR.astype(np.uint16) * 257
ALPHA = np.where(COLUMN < 10, 255, COLUMN * 7).astype(np.uint8)
FLOATS = COLOUR / np.float32(255)
IMAGES = {
    "rgb 8": COLOUR,
    "rgb 16": DEEP,
    "rgb float": FLOATS.astype(np.float32),
    "rgb double": FLOATS.astype(np.float64),
    "grey 8": COLOUR[..., 0],
    "grey 16": DEEP[..., 0],
    "grey float": FLOATS[..., 0].astype(np.float32),
    "grey double": FLOATS[..., 0].astype(np.float64),
    "rgba 8": np.dstack([COLOUR, ALPHA]),
    "rgba 16": np.dstack([DEEP, ALPHA.astype(np.uint16) * 257]),
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("kind", IMAGES)
def test_tiff_images_are_turned_once(kind: str, orientation: int) -> None:
    stored = IMAGES[kind]
    data = tiff(stored, orientation=orientation, compressed=orientation % 2 == 0 and "double" not in kind)
    expected = COLOUR if "rgb" in kind else np.repeat(COLOUR[..., :1], 3, axis=2)
    if "rgba" in kind:
        weight = ALPHA[..., None].astype(int)
        expected = (expected * weight + 255 * (255 - weight) + 127) // 255
    expected = SHOWN[orientation](expected)
    found = read_image(data)
    assert image_size(data) == found.shape[:2] == expected.shape[:2]
    assert image_orientation(data) == orientation
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.float64])
def test_depth_lies_as_it_is_stored(kind: type, orientation: int) -> None:
    stored = (COLUMN + 33 * ROW + 1).astype(kind)
    np.testing.assert_array_equal(read_depth(tiff(stored, orientation=orientation)), stored.astype(np.float32))


@pytest.mark.parametrize("orientation", [1, 6])
def test_16_bit_grey_with_alpha_is_refused_as_it_cannot_be_read_in_full(orientation: int) -> None:
    data = tiff(np.dstack([DEEP[..., 0], DEEP[..., 1]]), orientation=orientation)
    with pytest.raises(HondoError, match="2 channels of 16 bits, which cannot be read in full; save it as PNG"):
        read_image(data)
