"""The depth metrics of the field: one pure function a metric, over the valid pixels of one image, in double precision.

Depths are in metres, ``pred`` first. ``is_valid`` marks the pixels that count (None: all). Definitions: Eigen et al.
2014 (abs_rel ... delta3), the KITTI depth benchmark (silog, here x100), Saxena et al. 2009 (log10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError
from hondo.core.report import Better

Depth: TypeAlias = Float[np.ndarray, "..."]
Mask: TypeAlias = Bool[np.ndarray, "..."] | None


def abs_rel(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """mean |p - g| / g"""
    p, g = _scored(pred, gt, is_valid)
    return float(np.mean(np.abs(p - g) / g))


def sq_rel(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """mean (p - g)^2 / g, in metres"""
    p, g = _scored(pred, gt, is_valid)
    return float(np.mean((p - g) ** 2 / g))


def rmse(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """sqrt mean (p - g)^2, in metres"""
    p, g = _scored(pred, gt, is_valid)
    return float(np.sqrt(np.mean((p - g) ** 2)))


def rmse_log(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """sqrt mean (ln p - ln g)^2"""
    p, g = _scored(pred, gt, is_valid)
    return float(np.sqrt(np.mean(_log_error(p, g) ** 2)))


def silog(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """100 sqrt(mean e^2 - (mean e)^2) with e = ln p - ln g: blind to one common factor"""
    p, g = _scored(pred, gt, is_valid)
    return float(100 * np.std(_log_error(p, g)))


def log10(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """mean |log10 p - log10 g|"""
    p, g = _scored(pred, gt, is_valid)
    return float(np.mean(np.abs(_log_error(p, g))) / np.log(10))


def delta1(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """share of pixels with max(p / g, g / p) < 1.25"""
    return _delta(*_scored(pred, gt, is_valid), threshold=1.25)


def delta2(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """share of pixels with max(p / g, g / p) < 1.25^2"""
    return _delta(*_scored(pred, gt, is_valid), threshold=1.25**2)


def delta3(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> float:
    """share of pixels with max(p / g, g / p) < 1.25^3"""
    return _delta(*_scored(pred, gt, is_valid), threshold=1.25**3)


@dataclass(frozen=True, kw_only=True)
class DepthMetrics:
    """The value of every metric, of one image or their mean over images."""

    abs_rel: float
    sq_rel: float
    rmse: float
    rmse_log: float
    silog: float
    log10: float
    delta1: float
    delta2: float
    delta3: float


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """What a metric's number means: its unit, and which way is better."""

    unit: str
    better: Better


METRIC_INFO: dict[str, MetricInfo] = {
    field.name: MetricInfo(
        unit={"sq_rel": "m", "rmse": "m"}.get(field.name, ""),
        better="higher" if field.name.startswith("delta") else "lower",
    )
    for field in fields(DepthMetrics)
}


def depth_metrics(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> DepthMetrics:
    """Every metric of one image."""
    p, g = _scored(pred, gt, is_valid)
    functions = (abs_rel, sq_rel, rmse, rmse_log, silog, log10, delta1, delta2, delta3)
    return DepthMetrics(**{function.__name__: function(p, g) for function in functions})


def mean_metrics(metrics: Sequence[DepthMetrics]) -> DepthMetrics:
    """The mean of each metric over images, every image with the same weight."""
    if not metrics:
        raise HondoError("no image was scored, so there is no mean")
    names = METRIC_INFO
    return DepthMetrics(**{name: float(np.mean([getattr(one, name) for one in metrics])) for name in names})


def _scored(pred: np.ndarray, gt: np.ndarray, is_valid: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The pixels that count as float64 (n,); refuses what has no answer."""
    if pred.shape != gt.shape or (is_valid is not None and is_valid.shape != gt.shape):
        mask = "" if is_valid is None else f", mask {is_valid.shape}"
        raise HondoError(f"prediction {pred.shape} and ground truth {gt.shape}{mask} differ in shape; resize first")
    p, g = (pred, gt) if is_valid is None else (pred[is_valid], gt[is_valid])
    p, g = np.asarray(p, dtype=np.float64).ravel(), np.asarray(g, dtype=np.float64).ravel()
    if not g.size:
        raise HondoError("no pixel with known depth is left to score")
    for name, values in (("prediction", p), ("ground truth", g)):
        bad = int(np.count_nonzero(~(np.isfinite(values) & (values > 0))))
        if bad:
            raise HondoError(f"{name}: {bad} of {values.size} scored pixels are not positive finite metres; mask them")
    return p, g


def _log_error(p: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log(g)


def _delta(p: np.ndarray, g: np.ndarray, *, threshold: float) -> float:
    return float(np.mean(np.maximum(p / g, g / p) < threshold))
