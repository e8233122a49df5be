"""The options of a model variant: their defaults, and a check of the values that a user gives."""

import inspect
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from hondo.core.errors import HondoError
from hondo.models.registry.zoo import ZOO


def check_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """All options of the named variant, ``options`` over its defaults; refuses unknown names and wrong types."""
    parameters = inspect.signature(ZOO[name]).parameters
    is_open = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    allowed = {key: each for key, each in parameters.items() if each.kind is not each.VAR_KEYWORD}
    for option, value in options.items():
        if option not in allowed and not is_open:
            raise HondoError(f"model '{name}' has no option '{option}'; it has: {', '.join(sorted(allowed)) or 'none'}")
        if option in allowed and not fits(value, allowed[option].annotation):
            default, wanted = allowed[option].default, named(allowed[option].annotation)
            like = f" like {default!r}" if default is not None else ""
            article = "an" if wanted[0] in "aeiou" else "a"
            raise HondoError(f"option '{option}' of model '{name}' is {article} {wanted}{like}, got {value!r}")
    return {key: each.default for key, each in allowed.items()} | options


def fits(value: Any, annotation: Any) -> bool:
    """Whether ``value`` has the annotated type: int, float, str, bool, None, tuples, Literal and unions of them.

    A list counts as a tuple (JSON has no tuples), an int as a float; a bool is not a number. Other types always fit.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if annotation is tuple or origin in (tuple, Sequence):
        return isinstance(value, tuple | list) and _all_fit(value, arguments)
    if annotation in (int, float):
        return isinstance(value, (int, annotation)) and not isinstance(value, bool)
    return isinstance(value, annotation) if annotation in (str, bool, NoneType) else True


def named(annotation: Any) -> str:
    """The annotation as Python writes it, without ``| None``."""
    return inspect.formatannotation(annotation).replace("collections.abc.", "").removesuffix(" | None")


def _all_fit(values: Sequence[Any], arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if len(arguments) == 1 or arguments[-1] is Ellipsis:
        return all(fits(value, arguments[0]) for value in values)
    return len(values) == len(arguments) and all(map(fits, values, arguments))
