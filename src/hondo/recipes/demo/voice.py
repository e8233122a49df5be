"""What the person hears while the demo runs. Imports no torch."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Voice:
    """Silence: library use. The command line has one that shows bars."""

    shows_progress = False  # whether training shows its own bar

    def step(self, text: str) -> None:
        """A step begins."""

    def note(self, text: str) -> None:
        """Something a step found out."""

    def each(self, text: str, items: Sequence[Item], do: Callable[[Item], Result]) -> list[Result]:
        """``do`` for every item, in order; what a bar is drawn for."""
        return [do(item) for item in items]
