"""The depth metrics: one pure function a metric, over the valid pixels of one image, in double precision.

Depths are in metres, ``pred`` first. ``is_valid`` marks the pixels that count (None: all). Definitions: Eigen et al.
2014 (abs_rel ... delta3), the KITTI depth benchmark (silog, here x100), Saxena et al. 2009 (log10).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from hondo.core.errors import HondoError
from hondo.core.report import Better

Depth: TypeAlias = Float[np.ndarray, "..."]
Mask: TypeAlias = Bool[np.ndarray, "..."] | None
Pixels: TypeAlias = Float[np.ndarray, " n"]


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
    """100 sqrt(mean e^2 - (mean e)^2) with e = ln p - ln g; invariant to a common factor"""
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
class Metric:
    """A metric: its function, its unit, and which way is better."""

    function: Callable[..., float]
    unit: str = ""
    better: Better = "lower"


METRICS: dict[str, Metric] = {
    "abs_rel": Metric(function=abs_rel),
    "sq_rel": Metric(function=sq_rel, unit="m"),
    "rmse": Metric(function=rmse, unit="m"),
    "rmse_log": Metric(function=rmse_log),
    "silog": Metric(function=silog),
    "log10": Metric(function=log10),
    "delta1": Metric(function=delta1, better="higher"),
    "delta2": Metric(function=delta2, better="higher"),
    "delta3": Metric(function=delta3, better="higher"),
}

if TYPE_CHECKING:

    @dataclass(frozen=True)
    class DepthMetrics:
        """The value of every metric of METRICS by its name, for one image or as the mean over images."""

        def __init__(self, **values: float) -> None: ...

        def __getattr__(self, name: str) -> float: ...

else:
    DepthMetrics = make_dataclass("DepthMetrics", [(name, float) for name in METRICS], frozen=True, kw_only=True)
    DepthMetrics.__module__ = __name__


def depth_metrics(pred: Depth, gt: Depth, *, is_valid: Mask = None) -> DepthMetrics:
    """Every metric of one image."""
    p, g = _scored(pred, gt, is_valid)
    return DepthMetrics(**{name: metric.function(p, g) for name, metric in METRICS.items()})


def mean_metrics(metrics: Sequence[DepthMetrics]) -> DepthMetrics:
    """The mean of each metric over images, every image with the same weight."""
    if not metrics:
        raise HondoError("no image was scored, so there is no mean")
    return DepthMetrics(**{name: float(np.mean([getattr(each, name) for each in metrics])) for name in METRICS})


def _scored(pred: Depth, gt: Depth, is_valid: Mask) -> tuple[Pixels, Pixels]:
    """The scored pixels as float64; refuses depth that is not positive and finite."""
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


def _log_error(p: Pixels, g: Pixels) -> Pixels:
    return np.log(p) - np.log(g)


def _delta(p: Pixels, g: Pixels, *, threshold: float) -> float:
    return float(np.mean(np.maximum(p / g, g / p) < threshold))
