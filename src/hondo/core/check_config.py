"""Checks of the fields of a config: type, choice and range, each wrong one as one line that names its option."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from hondo.core.errors import HondoError, unknown


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
        return math.isfinite(value) and in_range

    def __str__(self) -> str:
        if self == POSITIVE:
            return "positive"
        words = {"at least": self.at_least, "above": self.above, "at most": self.at_most, "below": self.below}
        return " and ".join(f"{word} {limit:g}" for word, limit in words.items() if math.isfinite(limit)) or "finite"


POSITIVE, NOT_NEGATIVE, COUNT = Limits(above=0), Limits(at_least=0), Limits(at_least=1)
FRACTION = Limits(at_least=0, at_most=1)
DECAY = Limits(at_least=0, below=1)
FINITE = Limits()


def check_config(config: Any, *, name: str, limits: Mapping[str, Limits]) -> None:
    """Refuses a field whose value is not of its type, not one of its choices, or outside its limits.

    ``name``: where the config stands in a recipe, so that its field x is named ``name.x``.
    """
    hints = _hints(type(config))
    for each in fields(config):
        value, path = getattr(config, each.name), f"{name}.{each.name}" if name else each.name
        _check_type(path, value, hints[each.name])
        for number in _numbers(value):
            limit = limits.get(each.name, FINITE)
            if not limit.holds(number):
                raise HondoError(f"{path} must be {limit}, got {_text(value)}", field=path)


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
    """Whether a value is of a type: None, bool, int, float, str, Literal, tuple, unions. Others are not checked."""
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
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool)
    return isinstance(value, hint) if hint in (bool, str, NoneType) else True


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
    return {int: "an integer", float: "a number", bool: "True or False", NoneType: "None", str: "a text"}.get(hint, "")


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return " ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else f"{value!r}" if isinstance(value, str) else str(value)
