"""``hondo.score``: the metrics of arrays, one pair of maps or several."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TypeAlias

import numpy as np
from jaxtyping import Shaped

from hondo.core.errors import HondoError, warn
from hondo.core.types import DepthMap
from hondo.evaluate.accuracy.likely_mistake import likely_mistake
from hondo.evaluate.accuracy.score_image import (
    Align,
    PredKind,
    ScoredImage,
    check_alignable,
    parse_align,
    parse_pred_kind,
    score_image,
    skipped_pixels,
)
from hondo.evaluate.protocols import Protocol, protocol_named
from hondo.images.far_values import without_far_values
from hondo.metrics.depth_metrics import mean_metrics

Map: TypeAlias = Shaped[np.ndarray, "..."] | DepthMap
Maps: TypeAlias = Map | Sequence[Map]


def score(
    pred: Maps,
    gt: Maps,
    *,
    protocol: str = "kitti-eigen-annotated-garg",
    align: Align | None = None,
    pred_kind: str | None = None,
    skip_nan: bool = False,
) -> dict[str, float]:
    """The mean over pairs of each metric: one pair of maps (h w) or equally many.

    Metres; ground truth 0 or NaN is unknown. ``align`` None is the protocol's own; or "none", "median", "scale",
    "scale-shift", or a factor. ``pred_kind``: "depth" (as None) or "inverse_depth", which is resized as such, then
    inverted; a DepthMap states its own kind, and is refused where the alignment leaves its scale unknown.
    Pixels where the prediction is NaN are refused, or left out with ``skip_nan``. A HondoWarning names a likely mistake
    (inverse depth given as depth, millimetres) and counts the pixels that were left out.

    >>> gt = np.full((480, 640), 2.0)
    >>> scores = hondo.score(1.1 * gt, gt, protocol="nyu-eigen")
    >>> round(scores["abs_rel"], 3), scores["delta1"]
    (0.1, 1.0)
    """
    rule = protocol_named(protocol)
    align = parse_align(rule.align if align is None else align)
    preds = _maps(pred)
    gts = [truth.depth() if isinstance(truth, DepthMap) else truth for truth in _maps(gt)]
    kinds: list[PredKind] = [_kind(one, pred_kind, align=align, protocol=rule) for one in preds]
    if len(preds) != len(gts) or not preds:
        raise HondoError(f"score needs equally many predictions and ground truths, got {len(preds)} and {len(gts)}")
    scored = []
    for index, (one, kind, truth) in enumerate(zip(preds, kinds, gts, strict=True)):
        try:
            one, truth = one.values if isinstance(one, DepthMap) else one, _known(truth)
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


def _kind(pred: Map, stated: str | None, *, align: Align, protocol: Protocol) -> PredKind:
    """What the values of a prediction are: stated by its DepthMap, or by the caller."""
    if not isinstance(pred, DepthMap):
        return parse_pred_kind(stated or "depth")
    check_alignable(pred.kind, align, protocol=protocol)
    own: PredKind = "inverse_depth" if pred.kind.is_inverse else "depth"
    if stated not in (None, own):
        raise HondoError(f"the depth map is {pred.kind}, which is not pred_kind={stated!r}; leave it out")
    return own


def _maps(values: Maps) -> list[Map]:
    """A single map (h w) as a list of one; (n h w) or a sequence as a list of n."""
    if isinstance(values, DepthMap):
        return [values]
    is_one = not isinstance(values, (list, tuple)) and np.ndim(values) <= 2
    return [np.asarray(values)] if is_one else [v if isinstance(v, DepthMap) else np.asarray(v) for v in values]
