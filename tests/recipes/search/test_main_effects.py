"""Ratios are of pairs that differ in one factor; the front is what nothing dominates."""

import pytest

from hondo.recipes.search.main_effects import main_effects, paired_ratio, pareto
from hondo.recipes.search.trial_log import Outcome


def outcome(fps: float, **factors: str) -> Outcome:
    return Outcome(hash=str(factors), state="finished", factors=factors, results={"fps": fps})


GRID = [outcome(10, a="x", b="p"), outcome(20, a="y", b="p"), outcome(5, a="x", b="q"), outcome(20, a="y", b="q")]


def test_the_mean_of_paired_ratios() -> None:
    assert paired_ratio(GRID, factor="a", level="y", to="x", of="fps") == pytest.approx(3)
    assert paired_ratio(GRID, factor="a", level="y", to="x", of="fps", where={"b": "p"}) == pytest.approx(2)
    assert paired_ratio(GRID[1:2], factor="a", level="y", to="x", of="fps") is None
    assert paired_ratio(GRID, factor="a", level="y", to="x", of="gmacs") is None


def test_effects_of_every_level() -> None:
    effects = {(one.factor, one.level): one for one in main_effects(GRID, of="fps")}
    assert len(effects) == 4
    one = effects["a", "y"]
    assert (one.mean, one.low, one.high, one.count, one.ratio) == (20, 20, 20, 2, pytest.approx(3))
    assert effects["b", "q"].ratio == pytest.approx(0.75)


def test_the_front() -> None:
    assert pareto([(1, 5), (2, 4), (2, 6), (3, 4), (0, 9)]) == [True, True, False, False, True]
    assert pareto([(1, 1), (1, 1)]) == [True, True]
