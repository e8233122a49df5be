"""Sheets: sizes add up, tiles stay what they are."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.draw import captioned, contact_sheet, resized_to_width, side_by_side


def tile(value: int, size_hw: tuple[int, int] = (30, 40)) -> np.ndarray:
    return np.full((*size_hw, 3), value, dtype=np.uint8)


def test_sheet_has_every_tile_in_its_place() -> None:
    sheet = contact_sheet([tile(value) for value in (10, 20, 30)], columns=2, tile_width=40)
    assert sheet.shape == (30 + 8 + 30, 40 + 8 + 40, 3)
    assert (sheet[15, 20], sheet[15, 70], sheet[50, 20])[0][0] == 10
    assert sheet[15, 70, 0] == 20 and sheet[50, 20, 0] == 30 and sheet[50, 70, 0] == 255


def test_mixed_sizes_and_captions() -> None:
    sheet = contact_sheet(
        [tile(10), tile(20, (60, 40))], captions=["a", "a caption that is much too long"], tile_width=80
    )
    assert sheet.shape == (22 + 120, 168, 3)
    assert sheet[:22].min() < 100  # ink


def test_caption_keeps_the_image() -> None:
    np.testing.assert_array_equal(captioned(tile(7), "é 2 ms")[-30:], tile(7))


def test_width_and_side_by_side() -> None:
    assert resized_to_width(tile(1), 20).shape == (15, 20, 3)
    assert side_by_side([tile(1), tile(2)]).shape == (30, 80, 3)


def test_refusals() -> None:
    with pytest.raises(HondoError, match="at least one image"):
        contact_sheet([])
    with pytest.raises(HondoError, match="as many captions"):
        contact_sheet([tile(1)], captions=["a", "b"])
    with pytest.raises(HondoError, match="one height"):
        side_by_side([tile(1), tile(2, (31, 40))])
