"""Alignment of a prediction to the ground truth of the same image, apart from the metrics, in double precision."""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError

Values: TypeAlias = Float[np.ndarray, "..."]
Mask: TypeAlias = Bool[np.ndarray, "..."] | None


class ScaleShift(NamedTuple):
    """gt is about scale x pred + shift."""

    scale: float
    shift: float


def median_scale(pred: Values, gt: Values, *, is_valid: Mask = None) -> float:
    """median(gt) / median(pred), both depth (Zhou et al. 2017)."""
    p, g = _pixels(pred, gt, is_valid)
    middle = float(np.median(p))
    if not 0 < middle < np.inf:
        raise HondoError(
            f"the median of the prediction is {middle:g}: no positive factor aligns it with the ground truth"
        )
    return float(np.median(g)) / middle


def least_squares_scale(pred: Values, gt: Values, *, is_valid: Mask = None) -> float:
    """argmin_s sum (s p - g)^2 = sum p g / sum p^2, both depth."""
    p, g = _pixels(pred, gt, is_valid)
    scale = float(p @ g) / max(float(p @ p), np.finfo(np.float64).tiny)
    if not (np.isfinite(scale) and scale > 0):
        raise HondoError(f"the least-squares factor of the prediction is {scale:g}; it must be positive")
    return scale


def least_squares_scale_shift(pred: Values, gt: Values, *, is_valid: Mask = None) -> ScaleShift:
    """argmin_{s,t} sum (s p + t - g)^2, both *inverse* depth (Ranftl et al. 2020, eq. 2); a constant p gets scale 0."""
    p, g = _pixels(pred, gt, is_valid)
    deviation = p - p.mean()
    spread = float(deviation @ deviation)
    is_constant = spread <= 1e-24 * max(float(p @ p), np.finfo(np.float64).tiny)
    scale = 0.0 if is_constant else float(deviation @ g) / spread
    return ScaleShift(scale=scale, shift=float(g.mean()) - scale * float(p.mean()))


def _pixels(pred: Values, gt: Values, is_valid: Mask) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    if pred.shape != gt.shape:
        raise HondoError(f"prediction {pred.shape} and ground truth {gt.shape} differ in shape; resize first")
    p, g = (pred, gt) if is_valid is None else (pred[is_valid], gt[is_valid])
    if not p.size:
        raise HondoError("no pixel with known depth is left to align on")
    return np.asarray(p, dtype=np.float64).ravel(), np.asarray(g, dtype=np.float64).ravel()
