"""Whether a value is of the type that a variant's signature asks for."""

import inspect
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin


def fits(value: Any, annotation: Any) -> bool:
    """For the types that options have: numbers, words, tuples of them, alternatives. Any other type fits.

    Lists stand in for tuples (JSON knows no others), whole numbers for floats; booleans are no numbers.
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
    """The type in words of Python, without the None that stands for "the model's own"."""
    return inspect.formatannotation(annotation).replace("collections.abc.", "").removesuffix(" | None")


def _all_fit(values: Sequence[Any], arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if len(arguments) == 1 or arguments[-1] is Ellipsis:
        return all(fits(value, arguments[0]) for value in values)
    return len(values) == len(arguments) and all(map(fits, values, arguments))
