"""Pixels that show the same scene point in two frames of a video, and the variance of static pixels."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from hondo.core.types import Size
from hondo.images.optical_flow import MIN_SIDE, OpticalFlow, pixel_places, round_trip, sampled, squared_length

MOST_PIXELS = 640 * 480  # larger images are compared at about this many
_MISS_PX = 0.5  # by which the flow there and back may miss, and
_MISS_SHARE = 0.05  # this part of its length
_COLOUR = 25  # levels by which a matched pixel may differ, in each colour


@dataclass(frozen=True, kw_only=True)
class Correspondence:
    """For every pixel of a frame: its position (x, y) in the previous one, whether it is visible there, its motion."""

    place: Float32[np.ndarray, "h w 2"]
    is_seen: Bool[np.ndarray, "h w"]
    moved_px: Float32[np.ndarray, "h w"]


def correspondence(
    flow: OpticalFlow, before: UInt8[np.ndarray, "h w 3"], now: UInt8[np.ndarray, "h w 3"]
) -> Correspondence:
    """By forward and backward flow and by colour; stricter and finer than video/temporal/motion.py."""
    grey_before, grey_now = cv2.cvtColor(before, cv2.COLOR_RGB2GRAY), cv2.cvtColor(now, cv2.COLOR_RGB2GRAY)
    there, back = flow(grey_now, grey_before), flow(grey_before, grey_now)
    place = there + pixel_places((now.shape[0], now.shape[1]))
    moved_px = np.sqrt(squared_length(there))
    is_same_way = np.sqrt(round_trip(there, back, place)) < _MISS_PX + _MISS_SHARE * moved_px
    is_same_colour = cv2.absdiff(now, sampled(before, place)).max(axis=2) < _COLOUR
    return Correspondence(place=place, is_seen=is_same_way & is_same_colour, moved_px=moved_px)


def compared_size(size_hw: Size) -> Size:
    """The size at which frames are compared."""
    scale = min(1.0, math.sqrt(MOST_PIXELS / (size_hw[0] * size_hw[1])))
    return max(MIN_SIDE, round(size_hw[0] * scale)), max(MIN_SIDE, round(size_hw[1] * scale))


MIN_RUN = 4  # frames a pixel must stand still for a variance


class StillPixels:
    """The running variance (Welford 1962) of every pixel while it is static."""

    def __init__(self, size_hw: Size) -> None:
        self.size_hw = size_hw
        self._count = np.zeros(size_hw, dtype=np.int64)
        self._mean, self._squares = np.zeros(size_hw), np.zeros(size_hw)
        self._total, self._degrees = 0.0, 0

    def add(self, values: Float32[np.ndarray, "h w"], *, is_still: Bool[np.ndarray, "h w"]) -> None:
        """Adds a frame and the mask of pixels that are static since the previous one."""
        self._close(~is_still)
        self._count += 1
        step = values - self._mean
        self._mean += step / self._count
        self._squares += step * (values - self._mean)

    def deviation(self) -> float | None:
        """The standard deviation over time, over all static runs of at least MIN_RUN frames; None if there are none."""
        self._close(np.ones(self._count.shape, dtype=bool))
        return float(np.sqrt(self._total / self._degrees)) if self._degrees else None

    def _close(self, ends: Bool[np.ndarray, "h w"]) -> None:
        counts = ends & (self._count >= MIN_RUN) & np.isfinite(self._squares)
        self._total += float(self._squares[counts].sum())
        self._degrees += int((self._count[counts] - 1).sum())
        for values in (self._count, self._mean, self._squares):
            values[ends] = 0
