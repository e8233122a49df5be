"""The recipes of the shipped weights: three stages, each from the one before."""

from hondo.recipes.nano import nano, nano_large, nano_medium


def test_stages_grow_and_follow_each_other() -> None:
    first, second, third = nano(), nano_medium(), nano_large()
    assert first.model.weights == "random"
    assert second.model.name == f"runs/{first.name}" and third.model.name == f"runs/{second.name}"
    assert first.data.area < second.data.area < third.data.area
    assert len({stage.data.seed for stage in (first, second, third)}) == 3
    assert len({stage.hash for stage in (first, second, third)}) == 3
    for stage in (first, second, third):
        assert stage.licence == "Apache-2.0"
