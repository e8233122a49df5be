"""A study that varies or measures nothing is refused."""

import json
from dataclasses import replace

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Interval, Level, SpeedConfig
from tests.recipes.search.fake_trials import fake_study


def test_what_is_refused() -> None:
    with pytest.raises(HondoError, match="varies nothing"):
        fake_study(factors=())
    with pytest.raises(HondoError, match="measures nothing"):
        fake_study(train=False)
    with pytest.raises(HondoError, match="different levels"):
        Factor(name="x", levels=())
    with pytest.raises(HondoError, match="different levels"):
        Factor(name="x", levels=(Level(label="a", changes={}),) * 2)
    with pytest.raises(HondoError, match="low < high"):
        Interval(name="x", low=2, high=1)
    with pytest.raises(HondoError, match="names a factor twice"):
        fake_study(factors=fake_study().factors * 2)
    with pytest.raises(HondoError, match=r"speed\.threads must be at least 1"):
        SpeedConfig(threads=0)


def test_it_is_stored_as_json() -> None:
    stored = json.loads(replace(fake_study(), claims=lambda outcomes: ()).to_json())
    assert stored["name"] == "fake" and len(stored["factors"][0]["levels"]) == 6 and "claims" not in stored
