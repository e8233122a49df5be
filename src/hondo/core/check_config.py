"""Checks of the fields of a config: type, choice and range, each wrong one as one line that names its option."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from hondo.core.errors import HondoError, unknown

LARGEST_INTEGER = 2**63 - 1  # that every package below takes


@dataclass(frozen=True)
class Limits:
    """The range of a number, of each number of a tuple, or of each value of a dict."""

    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def holds(self, value: float) -> bool:
        """Whether a number is finite and lies in the range."""
        in_range = self.at_least <= value <= self.at_most and self.above < value < self.below
        is_number = abs(value) <= LARGEST_INTEGER if isinstance(value, int) else math.isfinite(value)
        return is_number and in_range

    def __str__(self) -> str:
        if self == POSITIVE:
            return "positive"
        words = {"at least": self.at_least, "above": self.above, "at most": self.at_most, "below": self.below}
        return " and ".join(f"{word} {limit:g}" for word, limit in words.items() if math.isfinite(limit)) or "finite"


POSITIVE, NOT_NEGATIVE, COUNT = Limits(above=0), Limits(at_least=0), Limits(at_least=1)
FRACTION = Limits(at_least=0, at_most=1)
DECAY = Limits(at_least=0, below=1)
FINITE = Limits()


def check_config(
    config: Any, *, name: str, limits: Mapping[str, Limits] = MappingProxyType({}), unchecked: Collection[str] = ()
) -> None:
    """Refuses a field whose value is not of its type, not one of its choices, or outside its limits.

    ``name``: where the config stands in a recipe, so that its field x is named ``name.x``. ``unchecked``: fields of
    any content, such as notes.
    """
    hints = _hints(type(config))
    for each in (each for each in fields(config) if each.name not in unchecked):
        value, path = getattr(config, each.name), f"{name}.{each.name}" if name else each.name
        _check_type(path, value, hints[each.name])
        for number in _numbers(value):
            limit = limits.get(each.name, FINITE)
            if not limit.holds(number):
                raise HondoError(f"{path} must be {limit}, got {_text(value)}", field=path)


def check_tree(config: Any, *, name: str = "") -> None:
    """As ``check_config`` without limits, of a config and all configs inside it."""
    check_config(config, name=name)
    for each in fields(config):
        inner = getattr(config, each.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            check_tree(inner, name=f"{name}.{each.name}" if name else each.name)


@cache
def _hints(config: type) -> dict[str, Any]:
    return {key: hint for key, hint in get_type_hints(config).items() if get_origin(hint) is not ClassVar}


def _check_type(path: str, value: Any, hint: Any) -> None:
    if get_origin(hint) is Literal and isinstance(value, str):
        if value not in get_args(hint):
            raise unknown(path, value, get_args(hint), field=path)
    elif not _fits(value, hint):
        raise HondoError(f"{path} must be {_describe(hint)}, got {_text(value)}", field=path)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: None, bool, int, float, str, Literal, tuple, mapping, dataclass, enum, unions.

    Others are not checked.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        if not isinstance(value, tuple | list):
            return False
        wanted = (inner[0],) * len(value) if inner[-1] is Ellipsis else inner
        return len(value) == len(wanted) and all(map(_fits, value, wanted))
    if origin in (dict, Mapping):
        key_hint, value_hint = inner
        return isinstance(value, Mapping) and all(
            _fits(key, key_hint) and _fits(each, value_hint) for key, each in value.items()
        )
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    if not isinstance(hint, type):
        return True
    is_known = hint in (bool, str, NoneType) or is_dataclass(hint) or issubclass(hint, Enum)
    return isinstance(value, hint) if is_known else True


def _numbers(value: Any) -> list[float]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    if isinstance(value, Mapping):
        return _numbers(list(value.values()))
    return [number for each in value for number in _numbers(each)] if isinstance(value, tuple | list) else []


def _describe(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_describe(each) for each in inner)
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is tuple:
        return "numbers" if inner[-1] is Ellipsis else f"{len(inner)} numbers"
    if origin in (dict, Mapping):
        return "names with values" if inner[1] is Any else f"names with {_describe(inner[1])} each"
    named = {int: "an integer", float: "a number", bool: "True or False", NoneType: "None", str: "a text"}
    return named.get(hint, getattr(hint, "__name__", ""))


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else f"{value!r}" if isinstance(value, str) else str(value)
