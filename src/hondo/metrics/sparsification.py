"""How well an uncertainty ranks the errors of a depth map: AUSE (Ilg et al. 2018) and AURG (Poggi et al. 2020).

The least certain pixels are left out, step by step, and the error of the rest is drawn over the share left out. The
oracle leaves out the largest errors first; a constant uncertainty leaves out pixels by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError

STEPS = 50  # of the curve: 2 % of the pixels each (Poggi et al.)


@dataclass(frozen=True, kw_only=True)
class Sparsification:
    """Areas between curves, in the unit of the error."""

    ause: float  # from the oracle's to the uncertainty's: 0 is the best
    aurg: float  # from the uncertainty's to chance: above 0 is better than chance


def sparsification(
    error: Float[np.ndarray, " n"],
    uncertainty: Float[np.ndarray, " n"],
    *,
    finish: Callable[[np.ndarray], np.ndarray] = lambda mean: mean,
) -> Sparsification:
    """``error``: of each pixel, averaged over those that are left; ``finish``: of the means, e.g. a root.

    Equal uncertainties count as any order of their pixels.
    """
    if error.shape != uncertainty.shape or not error.size:
        raise HondoError(f"errors {error.shape} and uncertainties {uncertainty.shape} must be of the same pixels")
    if not (np.isfinite(error).all() and np.isfinite(uncertainty).all()):
        raise HondoError("errors and uncertainties must be finite; leave out the pixels where they are not known")
    found, best = (finish(_means_of_the_rest(error, by)) for by in (uncertainty, error))
    chance = finish(np.array([error.mean()]))[0]
    return Sparsification(ause=_area(found - best), aurg=_area(chance - found))


def _means_of_the_rest(error: Float[np.ndarray, " n"], by: Float[np.ndarray, " n"]) -> Float[np.ndarray, " s"]:
    """The mean error without the 0, 1/STEPS, ... of the pixels where ``by`` is largest."""
    _, group, count = np.unique(-by, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=error) / count
    ranked = np.repeat(means, count)  # from the largest ``by`` on
    rest = np.cumsum(ranked[::-1])[::-1] / np.arange(len(ranked), 0, -1)
    return rest[np.arange(STEPS) * len(ranked) // STEPS]


def _area(height: Float[np.ndarray, " s"]) -> float:
    return float(np.trapezoid(height, dx=1 / STEPS))
