"""Recipes of the literature: data, losses and lengths that their sources state."""

import pytest

from hondo.data.layouts.layout_table import LAYOUTS
from hondo.losses.terms import TERMS
from hondo.models.registry.zoo import ZOO
from hondo.recipes import supervised_recipes as supervised
from hondo.recipes.registry import RECIPES

WITH_LABELS = [name for name in RECIPES if name.endswith(("-kitti", "-nyu")) and name != "manydepth-kitti"]


@pytest.mark.parametrize("name", WITH_LABELS)
def test_data_split_losses_and_network_exist(name) -> None:
    recipe = RECIPES[name]()
    assert recipe.data.split in LAYOUTS[recipe.data.name].splits and "test" not in recipe.data.split
    assert set(recipe.objective.terms) <= set(TERMS) and recipe.model.name in ZOO
    assert recipe.data.max_depth == (10.0 if name.endswith("nyu") else 80.0)


def test_the_thesis() -> None:
    recipe = supervised.dpt_kitti()
    assert recipe.objective.terms == {"eigen": 1.0} and recipe.batches.batch_size == 1
    assert (recipe.optim.name, recipe.optim.lr, recipe.optim.betas) == ("adamw", 1e-5, (0.9, 0.999))
    assert (recipe.optim.weight_decay, recipe.optim.clip_value, recipe.optim.clip_norm) == (0.01, 0.5, None)
    assert recipe.optim.max_steps == 20 * 44_570 and recipe.model.start == "dpt-hybrid"


def test_adabins_learns_its_encoder_slowly_for_25_epochs() -> None:
    optim = supervised.adabins_kitti().optim
    assert optim.lr_factors == {"encoder": 0.1} and (optim.lr, optim.schedule) == (3.57e-4, "onecycle")
    assert optim.max_steps == supervised.steps(25, 44_570, 16) == 25 * 2785
