"""One scale over a clip: brings each frame's depth, known up to a factor (and a shift), to that of the frames before.

Maps with a factor are compared as logarithms, where it is a shift; relative ones as they are.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from hondo.core.types import DepthKind

LEAK = 0.03  # share of the correction given back each frame: errors of the past do not add up for ever
_MIN_TRUSTED = 0.1  # of the pixels; with less in common, a new scene begins
_TINY = 1e-6  # of a map's largest value, under which a logarithm says nothing


class Alignment(NamedTuple):
    """aligned = gain x (value - middle) + middle + move, in the unit in which maps are compared."""

    gain: float = 1.0
    move: float = 0.0
    middle: float = 0.0

    def __call__(self, values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        offset = self.middle * (1 - self.gain) + self.move
        return values * np.float32(self.gain) + np.float32(offset)

    def leaking(self, leak: float) -> "Alignment":
        """A share of it given back: 0 is all of it, 1 leaves maps as they are."""
        return Alignment(gain=self.gain ** (1 - leak), move=(1 - leak) * self.move, middle=self.middle)


def is_compared_by_logarithm(kind: DepthKind) -> bool:
    return kind is not DepthKind.RELATIVE_INVERSE_DEPTH


def comparable(values: Float32[np.ndarray, "h w"], kind: DepthKind) -> Float32[np.ndarray, "h w"]:
    """Logarithms where a factor is all that may differ; NaN stays unknown."""
    if not is_compared_by_logarithm(kind):
        return values
    floor = max(float(np.nanmax(values, initial=0.0)) * _TINY, np.finfo(np.float32).tiny)
    return np.log(np.maximum(values, np.float32(floor)))


def align(
    now: Float32[np.ndarray, "h w"],
    past: Float32[np.ndarray, "h w"],
    *,
    is_trusted: Bool[np.ndarray, "h w"],
    kind: DepthKind,
) -> Alignment | None:
    """What brings ``now`` to the scale of the ``past`` at the same places; None where a new scene begins.

    Relative maps by median and mean absolute deviation (Ranftl et al. 2020, eq. 5): unlike least squares, noise does
    not flatten them a little more with each frame. Metric maps stay as they are.
    """
    if is_trusted.mean() < _MIN_TRUSTED:
        return None
    if kind.is_metric:
        return Alignment()
    a, b = now[is_trusted], past[is_trusted]
    if is_compared_by_logarithm(kind):
        return Alignment(move=float(np.median(b - a)))
    middle, past_middle = float(np.median(a)), float(np.median(b))
    spread, past_spread = float(np.abs(a - middle).mean()), float(np.abs(b - past_middle).mean())
    gain = past_spread / spread if min(spread, past_spread) > 0 else 1.0
    return Alignment(gain=gain, move=past_middle - middle, middle=middle)
