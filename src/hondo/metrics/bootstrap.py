"""95 % intervals of means over images, and of differences between two models, by resampling images (Efron 1979).

Percentile bootstrap with a fixed seed: the same numbers give the same interval. Images count as independent; frames of
one video are not, and their intervals are too narrow.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

RESAMPLES = 2000
FEWEST = 8  # images, below which resampling says little
TAILS = (2.5, 97.5)  # percent


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Mean of second - first over the same images, its 95 % interval, and a two-sided p of no difference."""

    mean: float
    low: float
    high: float
    p: float

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


def mean_interval(values: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "m 2"]:
    """Low and high ends for the mean of each column over n images; NaN for fewer than FEWEST."""
    return ratio_interval(values, np.ones_like(values))


def ratio_interval(sums: Float[np.ndarray, "n m"], counts: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "m 2"]:
    """Of sum(sums) / sum(counts) for each column, such as a mean over pixels; NaN where nothing is counted."""
    images, columns = sums.shape
    if images < FEWEST:
        return np.full((columns, 2), np.nan)
    drawn = _resampled(np.concatenate([sums, counts], axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = drawn[:, :columns] / drawn[:, columns:]
    ends = np.full((columns, 2), np.nan)
    is_counted = counts.any(axis=0)
    ends[is_counted] = np.nanpercentile(ratios[:, is_counted], TAILS, axis=0).T
    return ends


def paired_difference(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> Difference | None:
    """Of two models on the same n images; None for fewer than FEWEST."""
    if len(first) < FEWEST:
        return None
    difference = (second - first).astype(np.float64)[:, None]
    means = _resampled(difference)[:, 0] / len(difference)
    low, high = np.percentile(means, TAILS)
    tail = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0))
    p = min(1.0, 2 * (tail + 1) / (len(means) + 1))
    return Difference(mean=float(difference.mean()), low=float(low), high=float(high), p=p)


def _resampled(values: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "r m"]:
    """The sum of each column over n rows drawn with replacement, RESAMPLES times."""
    rng, count = np.random.default_rng(0), len(values)
    draws = (np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(RESAMPLES))
    return np.stack([times @ values for times in draws])
