"""One scale for every step of a path: what each step says of itself, joined by what neighbouring steps share."""

import numpy as np
from jaxtyping import Float

OWN = 0.3  # standard deviation of the logarithm of a step's own scale: a model's depth changes as much between views
LINK = 0.02  # the least of that of a link
SHARE = 0.3  # of a link's spread over its points that is error of its median: neighbouring points err alike
OUTLIER = 2.0  # standard deviations at which a residual weighs half (Cauchy)
ITERATIONS = 15


def linked_scales(
    own: Float[np.ndarray, " n"], link: Float[np.ndarray, " n"], link_spread: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The logarithms of the scales that fit both best, by reweighted least squares.

    ``own``: of each step alone; NaN: not known. ``link[i]``: the scale of step i over that of step i - 1, as a
    logarithm, with the spread over the points that say so; NaN where no points are shared, as at the first step.
    """
    count = len(own)
    has_own, has_link = np.isfinite(own), np.isfinite(link)
    own, link = np.where(has_own, own, 0.0), np.where(has_link, link, 0.0)
    sigma_link = np.hypot(LINK, SHARE * np.where(has_link, link_spread, 1.0))
    has_link[:1] = False
    scales, is_first = own, True
    for iteration in range(ITERATIONS if count else 0):
        sigma = np.hypot(sigma_link, OWN * 0.5**iteration)  # tight links from the start would follow a wrong one
        missed = (scales - np.roll(scales, 1) - link) / sigma
        a = has_own / OWN**2 / (1 if is_first else 1 + ((scales - own) / OWN / OUTLIER) ** 2)
        b = has_link / sigma**2 / (1 if is_first else 1 + (missed / OUTLIER) ** 2)
        after, pull = np.append(b[1:], 0.0), np.append(b[1:] * link[1:], 0.0)
        scales, is_first = _tridiagonal(a + b + after + 1e-9, -b, a * own + b * link - pull), False
    if not has_own.any():
        return np.full(count, np.nan)
    return np.where(has_own | has_link | np.append(has_link[1:], False), scales, np.nan)


def _tridiagonal(
    diagonal: Float[np.ndarray, " n"], below: Float[np.ndarray, " n"], right: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Solves a symmetric tridiagonal system; ``below[i]`` lies at (i, i - 1)."""
    diagonal, right = diagonal.copy(), right.copy()
    for row in range(1, len(diagonal)):
        factor = below[row] / diagonal[row - 1]
        diagonal[row] -= factor * below[row]
        right[row] -= factor * right[row - 1]
    for row in range(len(diagonal) - 1, -1, -1):
        if row + 1 < len(diagonal):
            right[row] -= below[row + 1] * right[row + 1]
        right[row] /= diagonal[row]
    return right
