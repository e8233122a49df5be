"""Every field of every config in a recipe: a value of another type, or no number, is refused with its name."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import jaxtyping
import pytest

from hondo.core.check_config import LARGEST_INTEGER, _fits, _hints, _numbers, check_tree
from hondo.core.errors import HondoError
from hondo.recipes.recipe import updated
from hondo.recipes.registry import RECIPES

ODD: tuple[Any, ...] = (
    None, "", "x", "1", -1, 0, 0.5, True, math.nan, math.inf, -math.inf, 10**30, 10**400, [], {}, [[]], [None],
    ["x", 1], {"x": None}, [1, 2, 3, 4, 5], [math.nan, 1.0],
)  # fmt: skip


@pytest.fixture(autouse=True)
def without_beartype() -> Iterator[None]:
    """Users have no checker of annotations: the configs themselves must refuse."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def configs() -> Iterator[Any]:
    """A config of each kind that stands in a recipe."""
    seen: set[type] = set()
    waiting: list[Any] = [RECIPES[name]() for name in RECIPES]
    while waiting:
        config = waiting.pop()
        if is_dataclass(config) and not isinstance(config, type):
            waiting += [getattr(config, each.name) for each in fields(config)]
            if type(config) not in seen:
                seen.add(type(config))
                yield config


CONFIGS = list(configs())


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_odd_values_are_refused(config: Any) -> None:
    hints = _hints(type(config))
    for each in fields(config):
        for odd in ODD:
            try:
                made = updated(config, {each.name: odd})
                check_tree(made)  # as the recipe that holds it does
            except (HondoError, TypeError, KeyError):  # read_recipe makes HondoErrors of the last two
                continue
            value = getattr(made, each.name)
            assert _fits(value, hints[each.name]), f"{each.name} = {odd!r} was taken"
            assert all(abs(number) <= LARGEST_INTEGER for number in _numbers(value)), f"{each.name} = {odd!r} was taken"


@pytest.mark.parametrize("values", [{"loop": {"best_by": 3}}, {"model": {"weights": 3}}, {"data": 3}, {"seed": 0.5}])
def test_a_recipe_checks_the_configs_inside_it(values: dict[str, Any]) -> None:
    with pytest.raises(HondoError, match=r"loop\.best_by|model\.weights|data|seed"):
        updated(RECIPES["video"](), values)


def test_there_are_many() -> None:
    assert len(CONFIGS) > 12
