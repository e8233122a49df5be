"""The recipes of the shipped weights: five stages, each from the one before."""

from itertools import pairwise

from hondo.recipes.nano_recipes import nano, nano_again, nano_final, nano_large, nano_medium


def test_stages_grow_and_follow_each_other() -> None:
    stages = nano(), nano_medium(), nano_large(), nano_again(), nano_final()
    assert stages[0].model.weights == "random"
    assert all(after.model.name == f"runs/{before.name}" for before, after in pairwise(stages))
    assert stages[0].data.area < stages[1].data.area < stages[2].data.area and stages[3].data.area < stages[4].data.area
    assert len({stage.data.seed for stage in stages}) == 5
    assert len({stage.hash for stage in stages}) == 5
    for stage in stages:
        assert stage.licence == "Apache-2.0"
