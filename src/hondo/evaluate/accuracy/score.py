"""``hondo.score``: the metrics of arrays, one pair of maps or several."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TypeAlias

import numpy as np
from jaxtyping import Shaped

from hondo.core.errors import HondoError, warn
from hondo.evaluate.accuracy.likely_mistake import likely_mistake
from hondo.evaluate.accuracy.score_image import (
    Align,
    ScoredImage,
    parse_align,
    parse_pred_kind,
    score_image,
    skipped_pixels,
)
from hondo.evaluate.protocols import protocol_named
from hondo.images.far_values import without_far_values
from hondo.metrics.depth_metrics import mean_metrics

Maps: TypeAlias = Shaped[np.ndarray, "..."] | Sequence[Shaped[np.ndarray, "..."]]


def score(
    pred: Maps,
    gt: Maps,
    *,
    protocol: str = "kitti-eigen-annotated-garg",
    align: Align | None = None,
    pred_kind: str = "depth",
    skip_nan: bool = False,
) -> dict[str, float]:
    """The mean over pairs of each metric: one pair of maps (h w) or equally many.

    Metres; ground truth 0 or NaN is unknown. ``align`` None is the protocol's own.
    ``pred_kind="inverse_depth"`` is resized as such, then inverted. Pixels where the prediction is NaN are refused, or
    left out with ``skip_nan``. A HondoWarning names a likely mistake (inverse depth given as depth, millimetres) and
    counts the pixels that were left out.
    """
    rule = protocol_named(protocol)
    align, kind = parse_align(rule.align if align is None else align), parse_pred_kind(pred_kind)
    preds, gts = _maps(pred), _maps(gt)
    if len(preds) != len(gts) or not preds:
        raise HondoError(f"score needs equally many predictions and ground truths, got {len(preds)} and {len(gts)}")
    scored = []
    for index, (one, truth) in enumerate(zip(preds, gts, strict=True)):
        try:
            truth = _known(truth)
            scored.append(score_image(one, truth, protocol=rule, align=align, pred_kind=kind, skip_nan=skip_nan))
        except HondoError as error:
            raise HondoError(f"pair {index}: {error}") from error
    _warn_of(scored, has_metres=align == "none")
    return asdict(mean_metrics([one.metrics for one in scored]))


def _known(truth: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """Ground truth without values that mean "nothing there", as data sets read it; warns of them."""
    truth = np.asarray(truth)
    if truth.ndim != 2 or truth.dtype.kind != "f":
        return truth
    known, remark = without_far_values(truth)
    if remark:
        warn(f"the ground truth holds {remark}")
    return known


def _warn_of(scored: Sequence[ScoredImage], *, has_metres: bool) -> None:
    """Names a likely mistake, and the pixels that were left out."""
    found = [one.agreement for one in scored]
    mistake = likely_mistake(found, has_metres=has_metres, kinds=("depth", "inverse_depth"))
    for text in (mistake, skipped_pixels([one.num_nan for one in scored])):
        if text is not None:
            warn(text)


def _maps(values: Maps) -> list[Shaped[np.ndarray, "..."]]:
    """A single map (h w) as a list of one; (n h w) or a sequence as a list of n."""
    is_one = not isinstance(values, (list, tuple)) and np.ndim(values) <= 2
    return [np.asarray(values)] if is_one else [np.asarray(value) for value in values]
