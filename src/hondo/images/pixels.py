"""Decoded pixels of any type to 8-bit RGB: 16 bit is scaled, floats are 0..1, transparency lies on white."""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from hondo.core.errors import HondoError, warn

Rgb = UInt8[np.ndarray, "h w 3"]

_MOSTLY = 0.9  # part of the pixels that no cut-out and no shadow makes half transparent
# v / 257 rounded: 0 stays 0, 65535 becomes 255, and 8-bit values written as v * 257 come back exactly.
_TO_8_BIT = ((np.arange(65536) + 128) // 257).astype(np.uint8)


def to_rgb8(pixels: Shaped[np.ndarray, "..."], *, name: str) -> Rgb:
    """Grey, grey+alpha, RGB or RGBA pixels (h w) or (h w c) of uint8, uint16 or float 0..1 as uint8 RGB."""
    pixels = to_8_bit(pixels, name=name)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    channels = pixels.shape[2]
    if channels in (2, 4):
        return on_white(
            np.repeat(pixels[..., :1], 3, axis=2) if channels == 2 else pixels[..., :3], pixels[..., -1], name=name
        )
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    if channels != 3:
        raise HondoError(f"{name} has {channels} channels; give a grey, RGB or RGBA image")
    return np.ascontiguousarray(pixels)


def tensor_to_rgb8(image: Float[Any, "3 h w"]) -> Rgb:
    """An image tensor RGB 0..1 on any device as pixels; values beyond 0..1 are cut."""
    return (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy(force=True)


def to_8_bit(pixels: Shaped[np.ndarray, "*shape"], *, name: str) -> UInt8[np.ndarray, "*shape"]:
    """uint16 / 257 and floats * 255, rounded; floats outside 0..1 have no known white and are refused."""
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return _TO_8_BIT[pixels]
    if not np.issubdtype(pixels.dtype, np.floating):
        raise HondoError(f"{name} holds {pixels.dtype} values, whose white is not known; convert it to 8 or 16 bit")
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= 1):  # also true of NaN
        raise HondoError(f"{name} holds float values from {low:g} to {high:g}; scale a float image to 0..1")
    return np.rint(pixels * 255).astype(np.uint8)


def on_white(rgb: Rgb, alpha: UInt8[np.ndarray, "h w"], *, name: str) -> Rgb:
    """Lays a transparent image on white, as a page would show it; one that is invisible everywhere is refused."""
    if alpha.min() == 255:
        return np.ascontiguousarray(rgb)
    if alpha.max() == 0:
        raise HondoError(f"{name} is fully transparent; remove its alpha channel to use its colours")
    if ((alpha > 0) & (alpha < 255)).mean() > _MOSTLY:
        warn(
            "images whose alpha channel is partly transparent at most pixels are laid on white, which hides them; "
            "remove the channel if it holds something else, e.g. depth"
        )
    weight = alpha[..., None].astype(np.uint16)
    blend = rgb * weight + 255 * (255 - weight) + 127  # at most 255 * 255 + 127: fits 16 bits
    return (blend // 255).astype(np.uint8)


def oriented(pixels: Shaped[np.ndarray, "_ _ *c"], orientation: int) -> Shaped[np.ndarray, "_ _ *c"]:
    """Pixels turned as EXIF orientation 1..8 asks (EXIF 2.3, tag 0x0112), contiguous."""
    turns: dict[int, Any] = {
        2: lambda image: image[:, ::-1],
        3: lambda image: image[::-1, ::-1],
        4: lambda image: image[::-1],
        5: lambda image: image.swapaxes(0, 1),
        6: lambda image: np.rot90(image, -1),
        7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
        8: lambda image: np.rot90(image, 1),
    }
    return np.ascontiguousarray(turns[orientation](pixels)) if orientation in turns else pixels
