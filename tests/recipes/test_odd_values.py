"""Every field of every config in a recipe: a value of another type, or no number, is refused with its name."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from hondo.core.check_config import LARGEST_INTEGER, _fits, _hints, _numbers
from hondo.core.errors import HondoError
from hondo.recipes.recipe import updated
from hondo.recipes.registry import RECIPES

ODD: tuple[Any, ...] = (
    None, "", "x", "1", -1, 0, 0.5, True, math.nan, math.inf, -math.inf, 10**30, 10**400, [], {}, [[]], [None],
    ["x", 1], {"x": None}, [1, 2, 3, 4, 5], [math.nan, 1.0],
)  # fmt: skip


def configs() -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """A recipe, a config in it, and the path there: each kind of config once."""
    seen: set[type] = set()

    def inside(config: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        yield config, path
        for each in fields(config):
            value = getattr(config, each.name)
            if is_dataclass(value) and not isinstance(value, type):
                yield from inside(value, (*path, each.name))

    for name in RECIPES:
        for config, path in inside(RECIPES[name](), ()):
            if type(config) not in seen:
                seen.add(type(config))
                yield name, config, path


CONFIGS = list(configs())


@pytest.mark.parametrize(("name", "config", "path"), CONFIGS, ids=lambda given: type(given).__name__)
def test_odd_values_are_refused(name: str, config: Any, path: tuple[str, ...]) -> None:
    recipe, hints = RECIPES[name](), _hints(type(config))
    for each in fields(config):
        for odd in ODD:
            values: Any = {each.name: odd}
            for part in reversed(path):
                values = {part: values}
            try:
                made: Any = updated(recipe, values)
            except (HondoError, TypeError, KeyError):  # read_recipe makes HondoErrors of the last two
                continue
            for part in path:
                made = getattr(made, part)
            value = getattr(made, each.name)
            assert _fits(value, hints[each.name]), f"{each.name} = {odd!r} was taken"
            assert all(abs(number) <= LARGEST_INTEGER for number in _numbers(value)), f"{each.name} = {odd!r} was taken"


def test_there_are_many() -> None:
    assert len(CONFIGS) > 12
