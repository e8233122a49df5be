"""How far the map of a faster model is from that of the model it was made of, as depth; no ground truth is needed."""

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind

SMALLEST = 1e-3  # share of the reference's median below which values count as this small: no division by nothing
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
    smallest = max(SMALLEST * float(np.median(np.abs(r))), np.finfo(np.float64).tiny)
    g, r = np.maximum(g, smallest), np.maximum(r, smallest)
    return float(np.mean(np.abs(g - r) / (g if kind.is_inverse else r)))  # |1/g - 1/r| r = |g - r| / g


def rank_correlation(a: Float[np.ndarray, "..."], b: Float[np.ndarray, "..."]) -> float:
    """Pearson's correlation of the ranks, equal values sharing their mean rank (Spearman 1904): -1..1, exact.

    A constant map orders nothing: 0, unless both are constant.
    """
    if a.shape != b.shape or not a.size:
        raise HondoError(f"rank correlation compares two maps of one size, got {a.shape} and {b.shape}")
    p, q = (ranks(values) - (values.size - 1) / 2 for values in (a, b))
    spread = float(p @ p) * float(q @ q)
    if spread == 0:
        return float(not p.any() and not q.any())
    return float(p @ q) / spread**0.5


def ranks(values: Float[np.ndarray, "..."]) -> Float[np.ndarray, " n"]:
    """The rank 0..n-1 of every value, flattened; equal values get the mean of theirs."""
    flat = values.ravel()
    if not np.isfinite(flat).all():
        raise HondoError("a map with values that are not finite has no ranks")
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(flat)) - 1
    found = np.empty(len(flat), dtype=np.float64)
    found[order] = np.repeat((starts + ends) / 2, ends - starts + 1)
    return found
