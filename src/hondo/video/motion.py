"""Where each part of a frame was in the frame before, and how surely: optical flow on a small grey picture."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.types import Size

AREA = 7680  # pixels of the small picture: 48x160 of a 192x640 one
_MIN_SIDE = 32  # OpenCV's DIS reads beyond narrower pictures
_FINEST_SCALE = 1  # of DIS: flow of half the small picture's size; 2 is its default, coarser
_GREY_NOISE = 25.0  # grey levels by which a matched pixel may well differ
_FLOW_NOISE = 1.0, 0.02  # square pixels by which the flow there and back may miss: at rest, and a part of its square
_NOWHERE = 1e3  # pixels of flow outside the picture: it never leads back


@dataclass(frozen=True, kw_only=True)
class Motion:
    """For every pixel of the small picture: its place (x, y) in the one before, and trust 0..1 in that."""

    place: Float32[np.ndarray, "h w 2"]
    trust: Float32[np.ndarray, "h w"]

    def carry(self, past: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """Values of the frame before, moved to where they are now."""
        return _taken(past, self.place)


class MotionTracker:
    """Told the frames of a video one by one, it tells how each moved from the last."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)  # Kroeger et al. 2016
        self._flow.setFinestScale(_FINEST_SCALE)
        self._last: UInt8[np.ndarray, "h w"] | None = None

    def __call__(self, image: UInt8[np.ndarray, "H W 3"]) -> Motion | None:
        """The motion since the last frame; None for the first one and after a change of size."""
        last, self._last = self._last, small_grey(image)
        if last is None or last.shape != self._last.shape:
            return None
        return motion_between(self._flow, last, self._last)


def motion_between(flow: cv2.DISOpticalFlow, last: UInt8[np.ndarray, "h w"], now: UInt8[np.ndarray, "h w"]) -> Motion:
    """Trusted is what looks the same in both frames and whose flow there and back ends where it began."""
    back = flow.calc(now, last, None)  # h w 2  # pyright: ignore[reportCallIssue, reportArgumentType]
    forth = flow.calc(last, now, None)  # pyright: ignore[reportCallIssue, reportArgumentType]
    place = back + _grid((now.shape[0], now.shape[1]))
    miss = _square(back + _taken(forth, place, outside=_NOWHERE))
    difference = cv2.absdiff(now, _taken(last, place)).astype(np.float32)
    rest, share = _FLOW_NOISE
    doubt = (difference / _GREY_NOISE) ** 2 + miss / (rest + share * _square(back))
    return Motion(place=place, trust=np.exp(-np.minimum(doubt, 50)))


def small_grey(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w"]:
    height, width = small_size((image.shape[0], image.shape[1]))
    return cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (width, height), interpolation=cv2.INTER_AREA)


def small_size(size_hw: Size) -> Size:
    """A size of about ``AREA`` pixels at the same aspect, no side under 32."""
    scale = min(1.0, math.sqrt(AREA / (size_hw[0] * size_hw[1])))
    return max(_MIN_SIDE, round(size_hw[0] * scale)), max(_MIN_SIDE, round(size_hw[1] * scale))


def _taken(values: np.ndarray, place: Float32[np.ndarray, "h w 2"], *, outside: float | None = None) -> np.ndarray:
    """Values at places (bilinear); beyond the border its nearest value, or ``outside``."""
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    fill = (outside or 0.0,) * 4
    return cv2.remap(values, place, None, cv2.INTER_LINEAR, borderMode=border, borderValue=fill)  # pyright: ignore


def _square(vectors: np.ndarray) -> np.ndarray:
    return vectors[..., 0] ** 2 + vectors[..., 1] ** 2


def _grid(size_hw: Size) -> Float32[np.ndarray, "h w 2"]:
    """The place (x, y) of every pixel."""
    rows, columns = np.indices(size_hw, dtype=np.float32)
    return np.dstack((columns, rows))
