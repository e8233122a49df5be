"""Grids and random draws."""

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Level
from hondo.recipes.search.strategies import STRATEGIES, grid, random
from tests.recipes.search.fake_trials import fake_study, interval_study, outcome_of

SEEDS = Factor(name="seed", levels=tuple(Level(label=str(n), changes={"seed": n}) for n in range(3)))


def test_a_grid_is_every_combination_the_last_factor_fastest() -> None:
    study = fake_study(factors=(*fake_study().factors, SEEDS))
    strategy = grid(study, [])
    trials = list(strategy.trials())
    assert strategy.total == len(trials) == len({trial.hash for trial in trials}) == 18
    assert [trial.factors["seed"] for trial in trials[:4]] == ["0", "1", "2", "0"]
    assert trials[5].recipe.seed == 2 and trials[5].recipe.optim.lr == 2e-4
    done = [outcome_of(trial) for trial in trials[:5]]
    assert [trial.hash for trial in grid(study, done).trials()] == [trial.hash for trial in trials[5:]]


def test_a_grid_takes_no_interval() -> None:
    with pytest.raises(HondoError, match="strategy random or tpe"):
        grid(interval_study(), [])


def test_random_draws_are_the_same_again_and_differ() -> None:
    study = interval_study(trials=5)
    first, again = ([trial.hash for trial in random(study, []).trials()] for _ in range(2))
    assert first == again and len(set(first)) == 5
    rates = [trial.recipe.optim.lr for trial in random(study, []).trials()]
    assert all(1e-5 <= rate <= 1e-1 for rate in rates)
    assert random(fake_study(trials=30), []).total == 6


def test_an_unknown_strategy_is_named() -> None:
    with pytest.raises(HondoError, match="unknown strategy 'girds'; did you mean grid"):
        STRATEGIES["girds"]
