"""Every recipe of the table."""

from dataclasses import asdict, replace

import pytest

from hondo.recipes.recipe import Recipe, read_recipe, stored_name
from hondo.recipes.registry import GROUPS, RECIPES, summary_of


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_complete_and_survives_its_file(name, tmp_path):
    recipe = RECIPES[name]()
    assert isinstance(recipe, Recipe) and recipe.name == name and RECIPES[name].__doc__
    model = replace(recipe.model, options={"size_hw": (64, 96)})
    changed = replace(recipe, seed=7, model=model, optim=replace(recipe.optim, lr=0.5, max_steps=3))
    path = tmp_path / "recipe.json"
    path.write_text(changed.to_json())
    assert stored_name(path) == name
    assert read_recipe(path, base=recipe) == changed
    assert read_recipe(path, base=recipe).hash == changed.hash != recipe.hash
    assert "dataset" not in asdict(changed)["data"]


def test_every_recipe_is_listed_by_what_one_has():
    listed = [name for names in GROUPS.values() for name in names]
    assert set(listed) == set(RECIPES)
    assert all(len(set(names)) == len(names) for names in GROUPS.values())


def test_summaries_are_one_whole_sentence():
    assert summary_of("rgbd") == "Trains on the pairs of a manifest."
    assert all(summary_of(name).endswith(".") and "\n" not in summary_of(name) for name in RECIPES)
