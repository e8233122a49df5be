"""Trials that cost nothing, for tests of what runs them; importable by worker processes."""

import os
import time

from hondo.recipes.search.run_trial import OnValue
from hondo.recipes.search.search_space import Factor, Interval, Level, Study
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome
from hondo.recipes.tiny_recipes import dpt_kitti_tiny

LRS = (1e-4, 2e-4, 3e-4, 4e-4, 5e-4, 6e-4)


def fake_study(**changes) -> Study:
    levels = tuple(Level(label=f"{lr:g}", changes={"optim.lr": lr}) for lr in LRS)
    given = {"name": "fake", "recipe": dpt_kitti_tiny(), "factors": (Factor(name="lr", levels=levels),)}
    return Study(**(given | changes))


def interval_study(**changes) -> Study:
    return fake_study(factors=(Interval(name="optim.lr", low=1e-5, high=1e-1, is_log=True),), **changes)


def outcome_of(trial: Trial, **changes) -> Outcome:
    given = {"state": "finished", "results": {"abs_rel": trial.recipe.optim.lr, "pid": float(os.getpid())}}
    return Outcome(hash=trial.hash, factors=trial.factors, seconds=1.0, **(given | changes))


def fake_work(trial: Trial, on_value: OnValue) -> Outcome:
    """Two validations of its learning rate; the third rate kills its process, the fourth fails."""
    place = next((n for n, lr in enumerate(LRS) if lr == trial.recipe.optim.lr), -1)
    for _ in range(2):
        if on_value(trial, trial.recipe.optim.lr):
            return outcome_of(trial, state="pruned", results={})
    if place == 2:
        os._exit(3)
    if place == 3:
        return outcome_of(trial, state="failed", results={}, error="no good")
    return outcome_of(trial)


def slow_here(trials, work, on_value):
    """An executor whose trials take a quarter of a second each."""
    for trial in trials:
        time.sleep(0.25)
        yield outcome_of(trial)


def slow_work(trial: Trial, on_value: OnValue) -> Outcome:
    """A fifth of a second of waiting."""
    time.sleep(0.2)
    return outcome_of(trial)
