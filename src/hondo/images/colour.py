"""Depth maps as colour images: linear in inverse depth, near warm (or bright), unknown black."""

import math
from typing import Literal, get_args

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError, unknown
from hondo.core.types import DepthKind, DepthMap

Palette = Literal["turbo", "magma", "inferno", "plasma", "viridis", "cividis", "grey"]
PALETTES: tuple[str, ...] = get_args(Palette)

_ENDS = (1.0, 99.0)  # percentiles of the known values that the palette spans: a few strays do not darken the rest
_MAX_RANKED = 20_000  # values looked at for the percentiles; a regular grid of them is as good as all


def colourise(
    depth_map: DepthMap, palette: str = "turbo", near_far: tuple[float, float] | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """RGB colours of a depth map.

    ``near_far`` are the values, in the map's own unit, at the near and the far end of the palette (for metres 1 and 80,
    for inverse depth 1 and 0.0125); beyond them the colour saturates. Without it: ``display_range`` of this map.
    """
    if palette not in PALETTES:
        raise unknown("palette", palette, PALETTES)
    near, far = display_range(depth_map) if near_far is None else near_far
    near, far = _end(near, depth_map.kind), _end(far, depth_map.kind)
    values = np.asarray(depth_map.inverse_depth(), dtype=np.float32)  # the palette is linear in it
    if near == far:
        steps = np.full(values.shape, 127, dtype=np.uint8)
    else:
        scale = 255 / (near - far)
        inside = np.clip(values, np.float32(min(near, far)), np.float32(max(near, far)))
        # One pass that scales, rounds and keeps to 0..255; NaN becomes 0.
        steps = cv2.addWeighted(inside, scale, inside, 0, -far * scale, dtype=cv2.CV_8U)
    colours = cv2.applyColorMap(steps, _table(palette))
    unknown_pixels = np.isnan(values)
    if unknown_pixels.any():
        colours[unknown_pixels] = 0
    return colours


def display_range(depth_map: DepthMap) -> tuple[float, float]:
    """The near and far values (in the map's own unit) between which most of the map lies: 1st and 99th percentile."""
    values = depth_map.values
    stride = max(1, int(np.sqrt(values.size / _MAX_RANKED)))
    sampled = values[stride // 2 :: stride, stride // 2 :: stride]
    is_usable = np.isfinite(sampled) if depth_map.kind.is_inverse else np.isfinite(sampled) & (sampled > 0)
    if not is_usable.any():
        return 1.0, 1.0
    low, high = (float(end) for end in np.percentile(sampled[is_usable], _ENDS))
    return (high, low) if depth_map.kind.is_inverse else (low, high)


def _end(value: float, kind: DepthKind) -> float:
    if not np.isfinite(value) or (value <= 0 and not kind.is_inverse):
        raise HondoError(f"near_far must be finite{'' if kind.is_inverse else ', positive metres'}, got {value:g}")
    return value if kind.is_inverse else 1 / value


def palette_colors(palette: str) -> UInt8[np.ndarray, "256 3"]:
    """The RGB colours of a palette, from far to near."""
    if palette not in PALETTES:
        raise unknown("palette", palette, PALETTES)
    return _table(palette)[:, 0]


def _table(palette: str) -> UInt8[np.ndarray, "256 1 3"]:
    """256 RGB colours, shape (256, 1, 3) as cv2.applyColorMap wants them."""
    steps = np.arange(256, dtype=np.uint8)[:, None]
    if palette == "grey":
        return np.repeat(steps[..., None], 3, axis=2)
    return np.ascontiguousarray(cv2.applyColorMap(steps, getattr(cv2, f"COLORMAP_{palette.upper()}"))[..., ::-1])


PERCENTILES = (2.0, 98.0)
MEMORY = 0.98  # share of the past in the running ends, per frame: about two seconds of a video
_MEMORY_ELSEWHERE = 0.8  # where the scene has become another one: the running range misses most of it
_SAMPLED = 5000  # values are enough to find percentiles


class SteadyRange:
    """The running (near, far) of a video, in the unit of its maps; far and near keep 2 % of the pixels each outside."""

    def __init__(self, *, memory: float = MEMORY) -> None:
        self._memory = memory
        self._ends: np.ndarray | None = None  # low, high

    def __call__(self, depth_map: DepthMap) -> tuple[float, float]:
        step = max(1, math.isqrt(depth_map.values.size // _SAMPLED))
        sample = depth_map.values[::step, ::step]
        known = sample[np.isfinite(sample)]
        if known.size:
            ends = np.percentile(known, PERCENTILES)
            self._ends = ends if self._ends is None else self._nearer(self._ends, ends)
        low, high = self._ends if self._ends is not None else (1.0, 1.0)
        return (float(high), float(low)) if depth_map.kind.is_inverse else (float(low), float(high))

    def _nearer(self, running: Float[np.ndarray, " 2"], ends: Float[np.ndarray, " 2"]) -> Float[np.ndarray, " 2"]:
        shared = min(running[1], ends[1]) - max(running[0], ends[0])
        memory = self._memory if shared > 0.5 * (ends[1] - ends[0]) else min(self._memory, _MEMORY_ELSEWHERE)
        return memory * running + (1 - memory) * ends
