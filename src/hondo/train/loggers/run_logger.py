"""What a logger is: it takes scalars and images of a run by step; and what it is told of the run when it is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """A run as it is stated to loggers. ``resume_at``: the step that a resumed run goes on from; None: a new run."""

    folder: Path
    name: str = "run"
    config: Mapping[str, Any] = field(default_factory=dict)  # the recipe, nested, with commit and hardware
    resume_at: int | None = None


@runtime_checkable
class RunLogger(Protocol):
    """Takes the records of a run; ``close`` ends it."""

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        """Numbers of one step by name."""
        ...

    def image(self, path: Path, *, step: int) -> None:
        """An image file."""
        ...

    def close(self) -> None:
        """Writes what is left."""
        ...


OpenLogger = Callable[[RunFacts], RunLogger]


def flattened(config: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """A nested config as ``optim.lr`` and the like; what is neither number nor text becomes text."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= flattened(value, prefix=f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value if isinstance(value, int | float | str) else str(value)
    return flat
