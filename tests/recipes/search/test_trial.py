"""Trials: fields that are set, and hashes that are the same tomorrow."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Level, SpeedConfig
from hondo.recipes.search.trial import Trial, trial_of, with_field
from hondo.recipes.tiny_recipes import dpt_kitti_tiny
from tests.recipes.search.fake_trials import fake_study

HASH = "from hondo.recipes.search.trial import Trial; from hondo.recipes.tiny_recipes import dpt_kitti_tiny as r; "


def test_the_hash_is_the_same_in_another_process_and_ignores_names() -> None:
    trial = Trial(recipe=dpt_kitti_tiny(), factors={"a": "b"})
    told = subprocess.run(
        [sys.executable, "-c", HASH + "print(Trial(recipe=r()).hash)"], capture_output=True, text=True
    )
    assert told.stdout.strip() == trial.hash == replace(trial, factors={}).hash
    assert len({trial.hash, replace(trial, train=False).hash, replace(trial, speed=SpeedConfig()).hash}) == 3


def test_fields_are_set_wherever_they_lie() -> None:
    trial = Trial(recipe=dpt_kitti_tiny(), speed=SpeedConfig())
    changed = with_field(with_field(trial, "optim.lr", 1), "model.options.hooks", (0, 1))
    assert changed.recipe.optim.lr == 1.0 and isinstance(changed.recipe.optim.lr, float)
    assert changed.recipe.model.options == trial.recipe.model.options | {"hooks": (0, 1)}
    assert with_field(trial, "data.size_hw", [64, 96]).recipe.data.size_hw == (64, 96)
    speed = with_field(trial, "speed.precision", "bf16").speed
    assert speed is not None and speed.precision == "bf16"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("optim.lrr", "unknown option 'optim.lrr'; did you mean optim.lr"),
        ("nothing", "unknown option 'nothing'"),
        ("seed.x", "nothing to set there"),
        ("speed.engine", "measures no speed"),
    ],
)
def test_an_unknown_field_is_named(path: str, said: str) -> None:
    with pytest.raises(HondoError, match=said):
        with_field(Trial(recipe=dpt_kitti_tiny()), path, 1)


def test_a_level_may_name_another_recipe() -> None:
    choice = {"recipe": Level(label="bts", changes={"recipe": "bts-kitti-tiny", "optim.max_steps": 2})}
    trial = trial_of(fake_study(), choice)
    assert trial.recipe.name == "bts-kitti-tiny" and trial.recipe.optim.max_steps == 2
    assert trial.factors == {"recipe": "bts"}
