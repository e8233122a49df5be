"""Where each part of a frame was in the frame before, and how surely: optical flow on a small grey image."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.types import Size
from hondo.images.optical_flow import OpticalFlow, flow_size, grey_at, pixel_places, round_trip, sampled, squared_length

AREA = 7680  # pixels of the small image: 48x160 of a 192x640 one
_GREY_NOISE = 25.0  # grey levels by which a matched pixel may well differ
_FLOW_NOISE = 1.0, 0.02  # square pixels by which the flow there and back may miss: at rest, and a part of its square


@dataclass(frozen=True, kw_only=True)
class Motion:
    """For every pixel of the small image: its place (x, y) in the one before, and trust 0..1 in that."""

    place: Float32[np.ndarray, "h w 2"]
    trust: Float32[np.ndarray, "h w"]

    def carry(self, past: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """Values of the frame before, moved to where they are now."""
        return sampled(past, self.place)


class MotionTracker:
    """Told the frames of a video one by one, it tells how each moved from the last."""

    def __init__(self) -> None:
        self._flow = OpticalFlow()
        self._last: UInt8[np.ndarray, "h w"] | None = None

    def __call__(self, image: UInt8[np.ndarray, "H W 3"]) -> Motion | None:
        """The motion since the last frame; None for the first one and after a change of size."""
        last, self._last = self._last, grey_at(image, small_size((image.shape[0], image.shape[1])))
        if last is None or last.shape != self._last.shape:
            return None
        return motion_between(self._flow, last, self._last)


def motion_between(flow: OpticalFlow, last: UInt8[np.ndarray, "h w"], now: UInt8[np.ndarray, "h w"]) -> Motion:
    """Trusted is what looks the same in both frames and whose flow there and back ends where it began."""
    there, back = flow(now, last), flow(last, now)
    place = there + pixel_places((now.shape[0], now.shape[1]))
    difference = cv2.absdiff(now, sampled(last, place)).astype(np.float32)
    rest, share = _FLOW_NOISE
    miss = round_trip(there, back, place) / (rest + share * squared_length(there))
    doubt = (difference / _GREY_NOISE) ** 2 + miss
    return Motion(place=place, trust=np.exp(-np.minimum(doubt, 50)))


def small_size(size_hw: Size) -> Size:
    """The size at which the motion of an image is sought."""
    return flow_size(size_hw, area=AREA)
