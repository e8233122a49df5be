"""Which trials of a study are run next: all of a grid, some drawn at random, or what Optuna suggests."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from hondo.core.tables import Table
from hondo.recipes.search.search_space import Factor, Interval, Level, Study
from hondo.recipes.search.trial import Trial, levels_of, trial_of
from hondo.recipes.search.trial_log import Outcome


@runtime_checkable
class Strategy(Protocol):
    """Trials one after the other; between two of them it is told what came out."""

    total: int  # trials of the whole study

    def trials(self) -> Iterator[Trial]:
        """Those that are still to run."""
        ...

    def should_stop(self, trial: Trial, value: float) -> bool:
        """Whether a trial ends early, from its next validation."""
        ...

    def tell(self, outcome: Outcome) -> None:
        """How a trial ended."""
        ...


class Listed:
    """Trials that are known before the first one runs; none is stopped."""

    def __init__(self, trials: Sequence[Trial], done: Sequence[Outcome]) -> None:
        unique, ended = {trial.hash: trial for trial in trials}, {outcome.hash for outcome in done}
        self.total, self._todo = len(unique), [trial for name, trial in unique.items() if name not in ended]

    def trials(self) -> Iterator[Trial]:
        return iter(self._todo)

    def should_stop(self, trial: Trial, value: float) -> bool:
        return False

    def tell(self, outcome: Outcome) -> None:
        return None


def grid(study: Study, done: Sequence[Outcome]) -> Strategy:
    """Every combination of levels; the last factor varies fastest."""
    return Listed([trial_of(study, choice) for choice in combinations(study)], done)


def combinations(study: Study) -> list[dict[str, Level]]:
    """The choices of a grid, in order."""
    factors = levels_of(study)
    return [
        {factor.name: level for factor, level in zip(factors, levels, strict=True)}
        for levels in itertools.product(*(factor.levels for factor in factors))
    ]


def random(study: Study, done: Sequence[Outcome]) -> Strategy:
    """``trials`` different draws with the study's seed, the same ones in each run."""
    source, drawn = np.random.default_rng(study.seed), dict[str, Trial]()
    wanted = study.trials or 20
    for _ in range(10 * wanted):  # a small grid has fewer than wanted
        trial = trial_of(study, {factor.name: _draw(factor, source) for factor in study.factors})
        drawn.setdefault(trial.hash, trial)
        if len(drawn) == wanted:
            break
    return Listed(list(drawn.values()), done)


def _draw(factor: Factor | Interval, source: np.random.Generator) -> Level | float:
    if isinstance(factor, Factor):
        return factor.levels[int(source.integers(len(factor.levels)))]
    low, high = (math.log(factor.low), math.log(factor.high)) if factor.is_log else (factor.low, factor.high)
    value = source.uniform(low, high)
    value = math.exp(value) if factor.is_log else value
    return round(value) if factor.is_integer else float(value)


STRATEGIES: Table = Table(
    "strategy", {"grid": grid, "random": random, "tpe": "hondo.recipes.search.optuna_search:OptunaSearch"}
)
