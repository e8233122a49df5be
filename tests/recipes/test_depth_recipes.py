"""The recipe for images with depth."""

from hondo.core.truth_kind import TruthKind
from hondo.losses.terms import TERMS
from hondo.recipes.depth_recipes import mix, rgbd
from hondo.train.objectives.objective_config import SupervisedConfig


def test_the_recipe_is_complete_and_the_same_each_time() -> None:
    recipe = rgbd()
    assert recipe == rgbd() and (recipe.name, recipe.data.dataset) == ("rgbd", "rgbd")
    assert isinstance(recipe.objective, SupervisedConfig) and set(recipe.objective.terms) <= set(TERMS)


def test_a_mix_reads_no_loss_that_needs_metres() -> None:
    recipe = mix()
    assert (recipe.name, recipe.data.dataset) == ("mix", "mix")
    assert all(
        TERMS[name].needs in (TruthKind.UP_TO_SCALE_AND_SHIFT, TruthKind.ORDINAL) for name in recipe.objective.terms
    )
