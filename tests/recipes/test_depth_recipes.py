"""The recipe for images with depth."""

from hondo.losses.terms import TERMS
from hondo.recipes.depth_recipes import rgbd
from hondo.train.objectives.objective_config import SupervisedConfig


def test_the_recipe_is_complete_and_the_same_each_time() -> None:
    recipe = rgbd()
    assert recipe == rgbd() and (recipe.name, recipe.data.dataset) == ("rgbd", "rgbd")
    assert isinstance(recipe.objective, SupervisedConfig) and set(recipe.objective.terms) <= set(TERMS)
