"""Names the likely mistake behind predictions that do not fit: inverse depth given as depth, or a wrong unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hondo.metrics.reference import rank_correlation

INVERTED_BELOW = -0.5  # rank correlation with the ground truth
MIN_PIXELS = 50  # of an image, to say anything about it
_SAMPLED = 20_000  # pixels of an image that are ranked
_LARGE = 10.0  # a factor that no metric model is wrong by
# prediction / truth -> what is likely
_UNITS = {
    1000.0: "millimetres? divide by 1000",
    100.0: "centimetres? divide by 100",
    256.0: "the values of a KITTI PNG? divide by 256",
    5000.0: "the values of a TUM PNG? divide by 5000",
    1 / 1000: "kilometres, or divided by 1000 once too often?",
    1 / 256: "divided by 256 once too often?",
    1 / 5000: "divided by 5000 once too often?",
    1000 / 256: "a PNG in millimetres? give png_factor=1000",
    256 / 1000: "a PNG of metres x 256? give png_factor=256",
}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How a prediction, before alignment, goes with the ground truth of its image; None where it cannot be said."""

    rank: float | None  # Spearman's rank correlation of the depths
    ratio: float | None  # median(prediction) / median(truth), both depth
    is_inverse: bool  # the prediction was read as inverse depth


def agreement(pred: Float[np.ndarray, " n"], gt: Float[np.ndarray, " n"], *, is_inverse: bool) -> Agreement:
    """Of the depths of the scored pixels; pixels that are not finite are left out."""
    is_known = np.isfinite(pred)
    pred, gt = pred[is_known], gt[is_known]
    if pred.size < MIN_PIXELS:
        return Agreement(rank=None, ratio=None, is_inverse=is_inverse)
    step = -(-pred.size // _SAMPLED)
    some_pred, some_gt = pred[::step], gt[::step]
    varies = np.ptp(some_pred) > 0 and np.ptp(some_gt) > 0
    middle = float(np.median(pred))
    return Agreement(
        rank=rank_correlation(some_pred, some_gt) if varies else None,
        ratio=middle / float(np.median(gt)) if middle > 0 else None,
        is_inverse=is_inverse,
    )


def likely_mistake(found: Sequence[Agreement], *, has_metres: bool, kinds: tuple[str, str]) -> str | None:
    """What is likely wrong with all predictions together, in one line; None if nothing looks wrong.

    ``has_metres``: no alignment takes a common factor away. ``kinds``: the values of pred_kind for depth and for
    inverse depth.
    """
    ranks = [one.rank for one in found if one.rank is not None]
    rank = float(np.median(ranks)) if ranks else 0.0
    if rank < INVERTED_BELOW:
        looks_like, kind = ("depth", kinds[0]) if found[0].is_inverse else ("1/depth", kinds[1])
        return (
            f"the predictions correlate with {looks_like} (their depth falls where the true depth rises, rank "
            f'correlation {rank:.2f}), so the metrics mean nothing; for predictions of others give pred_kind="{kind}"'
        )
    ratios = [one.ratio for one in found if one.ratio is not None]
    return _unit_mistake(float(np.median(ratios))) if ratios and has_metres else None


def _unit_mistake(ratio: float) -> str | None:
    """A median ratio that a wrong unit explains, or that no model is wrong by."""
    factor, unit = min(_UNITS.items(), key=lambda one: abs(math.log(ratio / one[0])))
    is_large = max(ratio, 1 / ratio) > _LARGE
    is_unit = abs(math.log(ratio / factor)) < math.log(1.4 if is_large else 1.1)
    if not is_unit and not is_large:
        return None
    times = f"about {_rounded(factor if is_unit else ratio)}"
    likely = unit if is_unit else 'a wrong unit? align="median" takes a common factor away'
    return f"the predictions are {times}: {likely}"


def _rounded(ratio: float) -> str:
    size = max(ratio, 1 / ratio)
    return f"{size:,.{0 if size >= _LARGE else 1}f} times too {'large' if ratio > 1 else 'small'}"
