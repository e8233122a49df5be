"""One prediction against one ground truth under a protocol: frame, mask, alignment, clamp, metrics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

import numpy as np
from jaxtyping import Bool, Float, Shaped

from hondo.core.errors import HondoError, unknown
from hondo.core.truth_kind import TruthKind
from hondo.core.types import DepthKind
from hondo.evaluate.accuracy.likely_mistake import Agreement, agreement
from hondo.evaluate.protocols import Protocol
from hondo.geometry.depth_units import invert_depth
from hondo.metrics.align import least_squares_scale, least_squares_scale_shift, median_scale
from hondo.metrics.depth_metrics import DepthMetrics, depth_metrics

Values: TypeAlias = Shaped[np.ndarray, "..."]  # of any shape and type; what does not fit is refused
PredKind = Literal["depth", "inverse_depth"]
Align = str | float  # "none", "median", "scale", "scale-shift", or a factor
ALIGNMENTS = ("none", "median", "scale", "scale-shift")


@dataclass(frozen=True, kw_only=True)
class ScoredImage:
    """Aligned prediction and ground truth in metres in the frame of the protocol, and the metrics."""

    pred: Float[np.ndarray, "h w"]  # aligned and clamped; NaN where nothing is predicted
    gt: Float[np.ndarray, "h w"]
    is_scored: Bool[np.ndarray, "h w"]
    metrics: DepthMetrics
    agreement: Agreement  # before alignment
    num_nan: int = 0  # pixels with ground truth that were skipped, since the prediction is NaN there


def parse_align(align: Align) -> Align:
    """A name of ALIGNMENTS, or a positive factor; text that is a number is a factor."""
    if isinstance(align, str):
        if align in ALIGNMENTS:
            return align
        try:
            align = float(align)
        except ValueError:
            raise unknown("alignment (or a factor such as 5.4)", align, ALIGNMENTS) from None
    if not (math.isfinite(align) and align > 0):
        raise HondoError(f"an alignment factor must be a positive number, got {align:g}")
    return float(align)


def parse_pred_kind(name: str) -> PredKind:
    """A name of PredKind."""
    if name not in get_args(PredKind):
        raise unknown("pred_kind", str(name), get_args(PredKind))
    return cast(PredKind, name)


class AlignmentError(HondoError):
    """An alignment that cannot compare this kind of depth with metres; it fails for every sample."""


def check_alignable(kind: DepthKind, align: Align, *, protocol: Protocol) -> None:
    """Refuses an alignment that leaves the scale or shift of the prediction unknown."""
    if kind is DepthKind.SCALED_INVERSE_DEPTH and align == "none":
        raise AlignmentError(
            f"the prediction is {kind}: its scale is not known, and '{protocol.name}' does not align here; "
            'use align="median" (or scale, scale-shift, a factor)'
        )
    if kind is DepthKind.RELATIVE_INVERSE_DEPTH and align != "scale-shift":
        raise AlignmentError(f'the prediction is {kind}: scale and shift are not known; use align="scale-shift"')


def check_truth(truth: TruthKind, align: Align) -> None:
    """Refuses ground truth whose scale or shift is not known and is not aligned either."""
    if truth in (TruthKind.UP_TO_SCALE, TruthKind.STEREO_DISPARITY) and align not in ("median", "scale", "scale-shift"):
        raise AlignmentError(f'the ground truth is {truth}, not in metres; use align="median" (or scale, scale-shift)')
    if truth is TruthKind.UP_TO_SCALE_AND_SHIFT and align != "scale-shift":
        raise AlignmentError(f'the ground truth is {truth}, not in metres; use align="scale-shift"')


def score_image(
    pred: Values,
    gt: Values,
    *,
    protocol: Protocol,
    align: Align,
    pred_kind: PredKind = "depth",
    skip_nan: bool = False,
) -> ScoredImage:
    """Scores one map (h w) in metres or 1/metres (up to the alignment) against metres (0, NaN: unknown).

    A prediction that is NaN where the ground truth is known is refused; with ``skip_nan`` these pixels do not count.
    """
    pred, gt = protocol.frame(_as_map(pred, what="prediction"), _as_map(gt, what="ground truth"))
    gt = gt.astype(np.float64)
    mask = protocol.is_scored(gt)
    if not mask.any():
        raise HondoError(
            f"no ground-truth pixel counts under '{protocol.name}' (known: {int((gt > 0).sum())} of {gt.size}); "
            "check its unit (metres; PNG16 divided by 256, 1000 or 5000) and its size"
        )
    pred = pred.astype(np.float64)
    mask, num_nan = _without_nan(pred, mask, skip_nan=skip_nan)
    depth = _aligned(pred, gt, mask, align=align, pred_kind=pred_kind, protocol=protocol)
    if protocol.clamp_pred is not None:
        depth = np.clip(depth, *protocol.clamp_pred)
    unaligned = pred[mask] if pred_kind == "depth" else invert_depth(pred[mask], not_positive="inf")
    return ScoredImage(
        pred=depth,
        gt=gt,
        is_scored=mask,
        metrics=depth_metrics(depth, gt, is_valid=mask),
        agreement=agreement(unaligned, gt[mask], is_inverse=pred_kind == "inverse_depth"),
        num_nan=num_nan,
    )


def skipped_pixels(counts: Sequence[int]) -> str | None:
    """How many pixels with ground truth were skipped, from the count of each image; None if there were none."""
    images = sum(count > 0 for count in counts)
    if not images:
        return None
    return f"{sum(counts)} scored pixels in {images} of {len(counts)} predictions are NaN and do not count"


def _without_nan(
    pred: Float[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"], *, skip_nan: bool
) -> tuple[Bool[np.ndarray, "h w"], int]:
    """The mask without the pixels where the prediction is NaN, and their number."""
    is_nan = mask & np.isnan(pred)
    count, scored = int(is_nan.sum()), int(mask.sum())
    if count and not skip_nan:
        raise HondoError(
            f"the prediction is NaN or missing at {count} of {scored} scored pixels; skip_nan=True leaves them out"
        )
    if count == scored:
        raise HondoError(f"the prediction is NaN or missing at all {scored} scored pixels")
    return mask & ~is_nan, count


def _aligned(
    pred: Float[np.ndarray, "h w"],
    gt: Float[np.ndarray, "h w"],
    mask: Bool[np.ndarray, "h w"],
    *,
    align: Align,
    pred_kind: PredKind,
    protocol: Protocol,
) -> Float[np.ndarray, "h w"]:
    """Depth in metres (h w). Inverse depth that alignment makes zero or negative lies at the protocol's far end."""
    if align == "scale-shift":
        inverse = pred if pred_kind == "inverse_depth" else invert_depth(pred, not_positive="inf")
        _require_finite(inverse[mask])
        fit = least_squares_scale_shift(inverse[mask], 1 / gt[mask])
        far = protocol.clamp_pred[1] if protocol.clamp_pred is not None else float(gt[mask].max())
        return 1 / np.maximum(fit.scale * inverse + fit.shift, 1 / far)
    depth = pred if pred_kind == "depth" else invert_depth(pred, not_positive="inf")
    if align == "median":
        return depth * median_scale(depth, gt, is_valid=mask)
    if align == "scale":
        _require_finite(depth[mask])
        return depth * least_squares_scale(depth, gt, is_valid=mask)
    return depth if align == "none" else depth * float(align)


def _require_finite(values: Float[np.ndarray, " n"]) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise HondoError(f"the prediction is infinite at {bad} of {values.size} scored pixels, so it cannot be aligned")


def _as_map(values: Values, *, what: str) -> Float[np.ndarray, "h w"]:
    values = np.asarray(values)
    if values.ndim != 2 or not values.size:
        raise HondoError(f"the {what} must be an array of shape (h w), got {values.shape}")
    if values.dtype.kind not in "fiu":
        raise HondoError(f"the {what} must hold numbers, got {values.dtype}")
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)
