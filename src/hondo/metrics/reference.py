"""How far the map of a faster model is from that of the model it was made of, as depth; no ground truth is needed."""

import numpy as np
from jaxtyping import Float

from hondo.core.types import DepthKind

FLOOR = 1e-3  # share of the reference's median below which values count as this small: no division by nothing
RELATIVE_RANGE = 10.0  # far / near of a map whose shift is not known; of its 1st and 99th percentile


def abs_rel_to_reference(
    given: Float[np.ndarray, "..."], reference: Float[np.ndarray, "..."], *, kind: DepthKind
) -> float:
    """mean |d - r| / r over the depths of two maps of one kind, which are compared as they stand: not aligned.

    An inverse depth v means the depth 1 / v. Relative inverse depth, whose zero is not known, is shifted in both maps
    by the one number that lets the reference end at ten times its nearest depth. A value that is not finite: inf.
    """
    if not np.isfinite(given).all():
        return float("inf")
    g, r = np.asarray(given, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        near, far = np.percentile(r, 99), np.percentile(r, 1)
        shift = (near - far) / (RELATIVE_RANGE - 1) - far
        g, r = g + shift, r + shift
    floor = max(FLOOR * float(np.median(np.abs(r))), np.finfo(np.float64).tiny)
    g, r = np.maximum(g, floor), np.maximum(r, floor)
    return float(np.mean(np.abs(g - r) / (g if kind.is_inverse else r)))  # |1/g - 1/r| r = |g - r| / g
