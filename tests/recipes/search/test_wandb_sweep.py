"""A study as a sweep of W&B: what it can vary, and what it cannot is refused."""

import json

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Level
from hondo.recipes.search.wandb_sweep import sweep_of
from tests.recipes.search.fake_trials import LRS, fake_study, interval_study


def test_a_grid_and_an_interval() -> None:
    grid = json.loads(sweep_of(fake_study()))
    assert grid["method"] == "grid" and grid["parameters"] == {"optim.lr": {"values": list(LRS)}}
    assert grid["metric"] == {"name": "val_abs_rel", "goal": "minimize"}
    assert grid["command"] == ["${env}", "hondo", "train", "dpt-kitti-tiny", "--log", "wandb", "${args}"]
    drawn = json.loads(sweep_of(interval_study(strategy="tpe")))
    assert drawn["method"] == "bayes"
    assert drawn["parameters"]["optim.lr"] == {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"optim.lr": 1e-3, "seed": 1}, "sets several options at once"),
        ({"recipe": "dpt-kitti-tiny"}, "make a sweep of W&B for each recipe"),
        ({"model.options.num_heads": 1}, "is no single option of hondo train"),
    ],
)
def test_what_a_sweep_cannot_vary(changes: dict, said: str) -> None:
    factor = Factor(name="f", levels=(Level(label="a", changes=changes),))
    with pytest.raises(HondoError, match=said):
        sweep_of(fake_study(factors=(factor,)))
