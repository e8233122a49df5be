"""The recipe of hondo-small's heads."""

from hondo.models.families.small import hondo_small
from hondo.recipes.nano_recipes import nano_final
from hondo.recipes.small_recipes import small


def test_only_the_detail_head_learns() -> None:
    recipe = small()
    learning = {name for name, _ in hondo_small().network.named_children()} - {*recipe.objective.frozen}
    assert learning - {"enlarge", "enlarge_layout"} == {"detail"}
    assert recipe.data.area == nano_final().data.area, "the size that hondo-nano learnt last"
    assert recipe.licence == "Apache-2.0"
