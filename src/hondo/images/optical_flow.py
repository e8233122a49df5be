"""Optical flow between two grey images, and what it carries from one to the other."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, Num, UInt8

from hondo.core.types import Size

MIN_SIDE = 32  # pixels; OpenCV's DIS reads beyond narrower images
_NOWHERE = 1e3  # pixels of flow outside an image: it leads back to no place inside


class OpticalFlow:
    """Dense inverse search (Kroeger et al. 2016). One thread at a time: it keeps its buffers.

    ``is_fine`` takes some 30 times as long and follows smaller things.
    """

    def __init__(self, *, is_fine: bool = False) -> None:
        presets = (cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._search = cv2.DISOpticalFlow.create(presets[is_fine])
        self._search.setFinestScale(1)

    def __call__(self, of: UInt8[np.ndarray, "h w"], to: UInt8[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 2"]:
        """Where each pixel of the one image lies in the other, as (x, y) in pixels from its own place."""
        assert min(of.shape) >= MIN_SIDE, "make both sides at least MIN_SIDE"
        return self._search.calc(of, to, None)  # pyright: ignore[reportCallIssue, reportArgumentType]

    def match(self, of: UInt8[np.ndarray, "h w"], to: UInt8[np.ndarray, "h w"]) -> "FlowMatch":
        """The flow there and back."""
        there, back = self(of, to), self(to, of)
        place = there + pixel_places((of.shape[0], of.shape[1]))
        return FlowMatch(place=place, length2=squared_length(there), miss=round_trip(there, back, place))


class FlowMatch(NamedTuple):
    """For each pixel of an image: its place (x, y) in the other one, and how far the way there and back is off."""

    place: Float32[np.ndarray, "h w 2"]
    length2: Float32[np.ndarray, "h w"]  # of the flow there, in squared pixels
    miss: Float32[np.ndarray, "h w"]  # squared pixels between the start and where the way back ends


def flow_size(size_hw: Size, *, area: int) -> Size:
    """A size of about ``area`` pixels, or its own where that is smaller, at the same aspect; no side too narrow."""
    scale = min(1.0, math.sqrt(area / (size_hw[0] * size_hw[1])))
    return max(MIN_SIDE, round(size_hw[0] * scale)), max(MIN_SIDE, round(size_hw[1] * scale))


def small_grey(image: UInt8[np.ndarray, "H W 3"], *, area: int) -> UInt8[np.ndarray, "h w"]:
    """The image in grey at ``flow_size``, made smaller by areas."""
    size_hw = flow_size((image.shape[0], image.shape[1]), area=area)
    return cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size_hw[::-1], interpolation=cv2.INTER_AREA)


def sampled(
    values: Num[np.ndarray, "_ _ *c"], place: Float32[np.ndarray, "h w 2"], *, outside: float | None = None
) -> Num[np.ndarray, "h w *c"]:
    """``values`` at places (x, y), bilinear; beyond the border its nearest value, or ``outside``."""
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    fill = (outside or 0.0,) * 4
    return cv2.remap(values, place, None, cv2.INTER_LINEAR, borderMode=border, borderValue=fill)  # pyright: ignore


def pixel_places(size_hw: Size) -> Float32[np.ndarray, "h w 2"]:
    """The place (x, y) of every pixel, counted from 0."""
    rows, columns = np.indices(size_hw, dtype=np.float32)
    return np.dstack((columns, rows))


def round_trip(
    there: Float32[np.ndarray, "h w 2"], back: Float32[np.ndarray, "h w 2"], place: Float32[np.ndarray, "h w 2"]
) -> Float32[np.ndarray, "h w"]:
    """Squared pixels by which flow there (to ``place``) and back misses its start; large where it leaves."""
    return squared_length(there + sampled(back, place, outside=_NOWHERE))


def squared_length(vectors: Float32[np.ndarray, "h w 2"]) -> Float32[np.ndarray, "h w"]:
    """The squared length of each flow vector, in square pixels."""
    return vectors[..., 0] ** 2 + vectors[..., 1] ** 2
