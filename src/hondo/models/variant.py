"""Variants of a model: functions that state other numbers and pass all further options on."""

import inspect
from collections.abc import Callable
from typing import TypeVar

from torch import nn

Build = TypeVar("Build", bound=Callable[..., nn.Module])


def variant_of(model: Callable[..., nn.Module]) -> Callable[[Build], Build]:
    """As a decorator of ``def variant(*, some=..., **options)``: its options are its own and then the model's others.

    So a misspelt option is refused with the names of all that there are, and a checkpoint stores every one.
    """

    def decorate(build: Build) -> Build:
        own = {
            name: each for name, each in inspect.signature(build).parameters.items() if each.kind is each.KEYWORD_ONLY
        }
        complete = inspect.signature(model).parameters | own
        build.__signature__ = inspect.Signature(list(complete.values()))  # type: ignore[attr-defined]
        return build

    return decorate
