"""Several data sets as one: each contributes its share of the samples, spread evenly and the same in every run."""

from collections.abc import Sequence

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.sample import Sample


class Mix(Sequence[Sample]):
    """``length`` samples, of which data set i gives a part in proportion to ``weights[i]`` (default: its size).

    Small data sets are repeated; of one that is larger than its part, a spread-out choice is taken.
    """

    def __init__(
        self,
        datasets: Sequence[Sequence[Sample]],
        *,
        weights: Sequence[float] | None = None,
        length: int | None = None,
    ) -> None:
        if not datasets or any(len(dataset) == 0 for dataset in datasets):
            raise HondoError("a mix needs at least one data set, and none that is empty")
        shares = np.array([len(dataset) for dataset in datasets] if weights is None else weights, dtype=float)
        if shares.shape != (len(datasets),) or not (np.isfinite(shares).all() and (shares > 0).all()):
            raise HondoError(f"a mix of {len(datasets)} data sets needs as many positive weights, got {weights}")
        self.datasets = tuple(datasets)
        total = sum(map(len, datasets)) if length is None else length
        if total < 1:
            raise HondoError(f"a mix must have at least one sample, got length {length}")
        self._order = _interleaved(shares / shares.sum(), total)
        self._counts = np.bincount(self._order, minlength=len(datasets))
        self._place = _places(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        which, place = int(self._order[index]), int(self._place[index])
        dataset, count = self.datasets[which], int(self._counts[which])
        if count < len(dataset):
            place = place * len(dataset) // count
        return dataset[place % len(dataset)]


def _interleaved(shares: np.ndarray, total: int) -> np.ndarray:
    """Which data set each position takes from: at every prefix, the parts are as near to the shares as can be."""
    due = [(np.arange(1, round(share * total) + 2) - 0.5) / share for share in shares]
    which = np.concatenate([np.full(len(times), index) for index, times in enumerate(due)])
    return which[np.argsort(np.concatenate(due), kind="stable")][:total]


def _places(order: np.ndarray) -> np.ndarray:
    """The how-manieth of its data set each position is."""
    places = np.zeros(len(order), dtype=int)
    for which in np.unique(order):
        mine = order == which
        places[mine] = np.arange(int(mine.sum()))
    return places
