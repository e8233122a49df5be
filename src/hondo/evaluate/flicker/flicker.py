"""Flicker of predicted video depth: how much the depth of a scene point changes between frames, without ground truth.

Changes are relative to the depth (differences of logarithms), for relative inverse depth to its spread. Real motion
counts too, and is the same for all models evaluated on the same frames.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Shaped, UInt8

from hondo.core.errors import HondoError
from hondo.core.report import Row
from hondo.core.sample import Samples
from hondo.core.types import DepthKind, DepthMap, Size
from hondo.evaluate.accuracy.evaluation import Predict, image_of
from hondo.evaluate.flicker.correspondence import StillPixels, compared_size, correspondence
from hondo.images.optical_flow import OpticalFlow, sampled

Image: TypeAlias = UInt8[np.ndarray, "h w 3"]
Values: TypeAlias = Float32[np.ndarray, "h w"]
MIN_SEEN = 0.1  # of the pixels: with less in common two frames are of different scenes, and not compared
STILL_PX = 0.3  # a pixel that moves less from frame to frame stands still


@dataclass(frozen=True, kw_only=True)
class Flicker:
    """``warped``: mean change of pixels visible in two neighbouring frames.

    ``static``: standard deviation over time of static pixels; None if there are none.
    """

    warped: float
    static: float | None
    num_pairs: int
    num_cuts: int  # pairs that were left out: too little in common
    num_failed: int  # frames without a prediction
    seen: float  # mean share of the pixels that were compared

    def rows(self, subject: str) -> tuple[Row, ...]:
        """The measures as report rows, in percent."""
        named = {"flicker": self.warped, "static flicker": self.static}
        return tuple(
            Row(name=name, value=100 * value, unit="%", better="lower", subject=subject)
            for name, value in named.items()
            if value is not None
        )

    def note(self) -> str:
        """What was compared, as one line."""
        cuts = f"; {self.num_cuts} pairs of different scenes left out" if self.num_cuts else ""
        failed = f"; {self.num_failed} frames without a prediction" if self.num_failed else ""
        return f"flicker over {self.num_pairs} pairs of frames, {self.seen:.0%} of their pixels{cuts}{failed}"


def measure_flicker(
    predict: Predict, frames: Samples, *, track: Callable[[Iterable[int]], Iterable[int]] = iter
) -> Flicker:
    """The flicker of ``predict`` on the frames of a video, in their order. ``track`` wraps the loop."""
    series = FlickerSeries()
    for index in track(range(len(frames))):
        sample = frames[index]
        try:
            series.add(image_of(sample), predict(sample))
        except HondoError:
            series.skip()
    return series.result()


class FlickerSeries:
    """Accumulates the flicker of a video from its frames and their depth."""

    def __init__(self) -> None:
        self._flow = OpticalFlow(is_fine=True)
        self._last: tuple[np.ndarray, np.ndarray] | None = None  # image, comparable values
        self._still: StillPixels | None = None
        self._spread: float | None = None
        self._changes: list[float] = []
        self._seen: list[float] = []
        self._cuts = self._failed = 0

    def add(self, image: UInt8[np.ndarray, "H W 3"], depth_map: DepthMap) -> None:
        """The next frame, RGB, and its depth at any size."""
        size_hw = compared_size((image.shape[0], image.shape[1]))
        image, values = _resized(image, size_hw), self._comparable(depth_map, size_hw)
        last, self._last = self._last, (image, values)
        self._still = self._still or StillPixels(size_hw)
        if self._still.size_hw != size_hw:
            raise HondoError(f"flicker needs frames of one size, got {self._still.size_hw} and {size_hw}")
        is_still = np.zeros(size_hw, dtype=bool) if last is None else self._compare(*last, image, values)
        self._still.add(values, is_still=is_still)

    def skip(self) -> None:
        """Counts a frame without depth; the next one is not compared with it."""
        self._failed += 1
        self._last = None

    def result(self) -> Flicker:
        """The flicker of all frames added so far."""
        if not self._changes or self._still is None:
            raise HondoError("flicker needs neighbouring frames of a video, with predictions; there are none here")
        return Flicker(
            warped=float(np.mean(self._changes)),
            static=self._still.deviation(),
            num_pairs=len(self._changes),
            num_cuts=self._cuts,
            num_failed=self._failed,
            seen=float(np.mean(self._seen)),
        )

    def _compare(self, before: Image, past: Values, image: Image, values: Values) -> Bool[np.ndarray, "h w"]:
        """Adds the change between two frames; returns the mask (h w) of static pixels."""
        matched = correspondence(self._flow, before, image)
        change = np.abs(sampled(past, matched.place) - values)[matched.is_seen]
        change = change[np.isfinite(change)]
        if matched.is_seen.mean() < MIN_SEEN or not change.size:
            self._cuts += 1
            return np.zeros(values.shape, dtype=bool)
        self._changes.append(float(change.mean(dtype=np.float64)))
        self._seen.append(float(matched.is_seen.mean()))
        return matched.is_seen & (matched.moved_px < STILL_PX)

    def _comparable(self, depth_map: DepthMap, size_hw: Size) -> Float32[np.ndarray, "h w"]:
        """Values whose differences are shares: logarithms, or relative inverse depth by its spread in the first map."""
        values = _resized(depth_map.values.astype(np.float32), size_hw)
        if depth_map.kind is not DepthKind.RELATIVE_INVERSE_DEPTH:
            return np.log(values, out=np.full_like(values, np.nan), where=values > 0)
        if self._spread is None:
            low, high = np.nanpercentile(values, (5, 95))
            self._spread = max(float(high - low), float(np.finfo(np.float32).tiny))
        return values / np.float32(self._spread)


def _resized(values: Shaped[np.ndarray, "..."], size_hw: Size) -> Shaped[np.ndarray, "..."]:
    if values.shape[:2] == size_hw:
        return values
    shrinks = size_hw[0] <= values.shape[0] and size_hw[1] <= values.shape[1]
    return cv2.resize(values, size_hw[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
