"""Where the weights of a variant come from, stated beside the function that builds it."""

import inspect
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

    @property
    def file_stem(self) -> str | None:
        """The name of the published file without its suffix, where ``source`` ends with one."""
        file = Path(self.source.rpartition(": ")[2])
        return file.stem if file.suffix in (".pt", ".pth") else None

    def __call__(self, build: Build) -> Build:
        """As a decorator of a variant: notes the origin on the function."""
        build.origin = self  # type: ignore[attr-defined]
        return build


def origin_of(build: Callable[..., nn.Module]) -> Origin | None:
    """The origin noted on a variant, or None."""
    return getattr(build, "origin", None)


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
