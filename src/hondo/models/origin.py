"""Where the weights of a variant come from, stated beside the function that builds it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from torch import nn

from hondo.models.published.published import Published

Build = TypeVar("Build", bound=Callable[..., nn.Module])


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who published the weights, under which licence, and what reads the authors' file or folder."""

    source: str
    licence: str
    read: Callable[[Path], Published] | None = None  # of the authors' file or folder; raises HondoError

    def __call__(self, build: Build) -> Build:
        """As a decorator of a variant: notes the origin on the function."""
        build.origin = self  # type: ignore[attr-defined]
        return build


def origin_of(build: Callable[..., nn.Module]) -> Origin | None:
    return getattr(build, "origin", None)
