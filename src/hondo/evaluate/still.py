"""How much the values of a video change where its picture stands still."""

import numpy as np
from jaxtyping import Bool, Float32

from hondo.core.types import Size

MIN_RUN = 4  # frames a pixel must stand still for a variance


class StillPixels:
    """The running variance (Welford 1962) of every pixel, for as long as it stands still."""

    def __init__(self, size_hw: Size) -> None:
        self.size_hw = size_hw
        self._count = np.zeros(size_hw, dtype=np.int64)
        self._mean, self._squares = np.zeros(size_hw), np.zeros(size_hw)
        self._total, self._degrees = 0.0, 0

    def add(self, values: Float32[np.ndarray, "h w"], *, is_still: Bool[np.ndarray, "h w"]) -> None:
        """The next frame, and where it stands still since the one before."""
        self._close(~is_still)
        self._count += 1
        step = values - self._mean
        self._mean += step / self._count
        self._squares += step * (values - self._mean)

    def deviation(self) -> float | None:
        """The standard deviation over time, of all runs that were long enough; None where there was none."""
        self._close(np.ones(self._count.shape, dtype=bool))
        return float(np.sqrt(self._total / self._degrees)) if self._degrees else None

    def _close(self, ends: Bool[np.ndarray, "h w"]) -> None:
        counts = ends & (self._count >= MIN_RUN) & np.isfinite(self._squares)
        self._total += float(self._squares[counts].sum())
        self._degrees += int((self._count[counts] - 1).sum())
        for values in (self._count, self._mean, self._squares):
            values[ends] = 0
