"""Optuna on an objective that costs nothing: it finds the optimum, resumes, prunes."""

import math

import pytest

from hondo.recipes.search.strategies import STRATEGIES
from tests.recipes.search.fake_trials import interval_study, outcome_of

pytest.importorskip("optuna")


def search(study, done=()):
    return STRATEGIES["tpe"](study, list(done))


def run(strategy) -> list:
    found = []
    for trial in strategy.trials():
        error = (math.log10(trial.recipe.optim.lr) + 3) ** 2  # best at 1e-3
        found.append(outcome_of(trial, results={"abs_rel": error}))
        strategy.tell(found[-1])
    return found


def test_it_comes_near_the_optimum() -> None:
    found = run(search(interval_study(trials=25)))
    assert len(found) == 25 == len({outcome.hash for outcome in found})
    assert min(outcome.results["abs_rel"] for outcome in found) < 0.05


def test_it_goes_on_from_stored_outcomes() -> None:
    done = run(search(interval_study(trials=8)))
    failed = outcome_of(next(search(interval_study(seed=9)).trials()), state="failed", results={})
    later = run(search(interval_study(trials=12), [*done, failed]))
    assert len(later) == 3 and not {one.hash for one in later} & {one.hash for one in done}


def test_a_trial_worse_than_the_median_is_pruned() -> None:
    strategy = search(interval_study(trials=9))
    trials = strategy.trials()
    for number in range(7):
        trial = next(trials)
        assert not strategy.should_stop(trial, 0.1 + 0.001 * number) or number > 4
        strategy.tell(outcome_of(trial))
    last = next(trials)
    assert strategy.should_stop(last, 5.0)
    strategy.tell(outcome_of(last, state="pruned", results={}, values=[5.0]))
    assert len(list(zip(range(3), trials, strict=False))) == 1
