"""Spearman's rank correlation of two maps: whether they put the same pixels in front of the same others."""

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError


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
