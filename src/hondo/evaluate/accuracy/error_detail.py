"""Where the errors of one image lie: by octaves of the true depth, and at depth edges."""

from dataclasses import dataclass

import numpy as np

from hondo.evaluate.accuracy.score_image import ScoredImage
from hondo.metrics.depth_edges import EdgeScore, edge_score

RANGES = (0.0, *(2.0**power for power in range(-1, 8)), np.inf)  # metres: below 0.5, 0.5 to 1, ... 64 to 128, beyond
DENSE = 0.5  # share of the scored window with ground truth, from which its depth edges are known


@dataclass(frozen=True, kw_only=True)
class RangeErrors:
    """Sums over the scored pixels of each of RANGES: divided by ``pixels`` they are means over pixels.

    Tuples: small arrays that outlive the maps beside them would keep the memory of the maps from being used again.
    """

    pixels: tuple[int, ...]
    abs_rel: tuple[float, ...]  # |p - g| / g
    bias: tuple[float, ...]  # (p - g) / g


def range_errors(scored: ScoredImage) -> RangeErrors:
    """Of the aligned prediction of one image, where the ground truth is metres."""
    gt = scored.gt[scored.is_scored]
    relative = scored.pred[scored.is_scored] / gt - 1
    octave = np.clip(np.frexp(gt)[1] + 1, 0, len(RANGES) - 2)  # gt in [2^(e-1), 2^e)
    pixels, absolute, bias = (
        tuple(np.bincount(octave, weights=each, minlength=len(RANGES) - 1).tolist())
        for each in (None, np.abs(relative), relative)
    )
    return RangeErrors(pixels=pixels, abs_rel=absolute, bias=bias)


def edge_errors(scored: ScoredImage) -> EdgeScore | None:
    """The depth edges within the scored window; None where the truth is sparse or without edges."""
    rows, columns = (np.flatnonzero(scored.is_scored.any(axis=axis)) for axis in (1, 0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    is_valid, pred = scored.is_scored[window], scored.pred[window]
    if is_valid.mean() < DENSE or not (np.isfinite(pred).all() and (pred > 0).all()):
        return None
    return edge_score(pred, scored.gt[window], is_valid=is_valid)


def range_names() -> tuple[str, ...]:
    """The RANGES in words, in metres."""
    first, *middle, last = RANGES[:-1]
    pairs = zip((first, *middle), (*middle, last), strict=True)
    return (*(f"{low:g}-{high:g}" for low, high in pairs), f">{last:g}")
