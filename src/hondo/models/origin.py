"""Where the weights of a variant come from, stated beside the function that builds it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from torch import nn

Build = TypeVar("Build", bound=Callable[..., nn.Module])


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who published the weights, under which licence, and how to put the authors' files into the model."""

    source: str
    licence: str
    read: Callable[[nn.Module, Path], None] | None = None  # loads the authors' file or folder; raises HondoError

    def __call__(self, build: Build) -> Build:
        """As a decorator of a variant: notes the origin on the function."""
        build.origin = self  # type: ignore[attr-defined]
        return build


def origin_of(build: Callable[..., nn.Module]) -> Origin | None:
    return getattr(build, "origin", None)
