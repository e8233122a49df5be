"""Sheets of images with captions, for reports and samples."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from hondo.core.errors import HondoError
from hondo.core.types import Size

Rgb = UInt8[np.ndarray, "_ _ 3"]

_PAPER, _INK = (255, 255, 255), (32, 32, 32)
_GAP = 8  # pixels between tiles


def captioned(image: Rgb, text: str, *, text_height: int = 14) -> Rgb:
    """The image with a line of text in a white strip above it; text that is too long is cut."""
    width = image.shape[1]
    strip = Image.new("RGB", (width, text_height + 8), _PAPER)
    font = ImageFont.load_default(size=text_height)
    while text and font.getlength(text) > width - 6:
        text = text[:-2].rstrip(".") + "." if len(text) > 2 else ""
    ImageDraw.Draw(strip).text((3, 2), text, fill=_INK, font=font)
    return np.concatenate((np.asarray(strip), image), axis=0)


def contact_sheet(
    images: Sequence[Rgb], *, captions: Sequence[str] = (), columns: int = 4, tile_width: int = 320
) -> Rgb:
    """Images in rows of ``columns``, each scaled to ``tile_width``, with captions above if there are any."""
    if not images or columns < 1:
        raise HondoError(f"a sheet needs at least one image and one column, got {len(images)} and {columns}")
    if captions and len(captions) != len(images):
        raise HondoError(f"{len(images)} images need as many captions, got {len(captions)}")
    tiles = [resized_to_width(image, tile_width) for image in images]
    if captions:
        tiles = [captioned(tile, text) for tile, text in zip(tiles, captions)]
    columns = min(columns, len(tiles))
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    return _stacked([_row(row, columns=columns, tile_width=tile_width) for row in rows])


def side_by_side(images: Sequence[Rgb]) -> Rgb:
    """Images of one height in a row without a gap: image and depth of a video frame."""
    heights = {image.shape[0] for image in images}
    if len(heights) != 1:
        raise HondoError(f"images side by side need one height, got {sorted(heights)}")
    return np.concatenate(list(images), axis=1)


def resized_to_width(image: Rgb, width: int) -> Rgb:
    """The image scaled to a width, its aspect kept."""
    size: Size = (max(1, math.floor(image.shape[0] * width / image.shape[1] + 0.5)), width)
    if size == image.shape[:2]:
        return image
    shrinks = width < image.shape[1]
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _row(tiles: Sequence[Rgb], *, columns: int, tile_width: int) -> Rgb:
    height = max(tile.shape[0] for tile in tiles)
    row = np.full((height, columns * (tile_width + _GAP) - _GAP, 3), 255, dtype=np.uint8)
    for column, tile in enumerate(tiles):
        left = column * (tile_width + _GAP)
        row[: tile.shape[0], left : left + tile_width] = tile
    return row


def _stacked(rows: Sequence[Rgb]) -> Rgb:
    gap = np.full((_GAP, rows[0].shape[1], 3), 255, dtype=np.uint8)
    parts = [part for row in rows for part in (gap, row)]
    return np.concatenate(parts[1:], axis=0)
