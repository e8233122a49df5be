"""What a run has while it prepares: a folder for what it can make again, and a time by which it should begin."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """``folder``: that of the run (None: there is none); ``seconds``: how long preparing may take."""

    folder: Path | None = None
    seconds: float = math.inf
    begun: float = field(default_factory=time.monotonic)
    ends: ExitStack = field(default_factory=ExitStack)

    @property
    def is_late(self) -> bool:
        """Whether the time for preparing is over."""
        return self.seconds_used > self.seconds

    @property
    def seconds_used(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.begun

    def at_end(self, remove: Callable[..., Any], *arguments: Any) -> None:
        """Has a function called when the run ends."""
        self.ends.callback(remove, *arguments)


_CURRENT: ContextVar[Scratch | None] = ContextVar("scratch", default=None)


def scratch() -> Scratch | None:
    """That of the run in this thread; None outside of runs."""
    return _CURRENT.get()


@contextmanager
def scratch_of_run(folder: Path | None, *, seconds: float | None = None) -> Iterator[Scratch]:
    """What is prepared inside may use ``folder`` and ``seconds`` (None: as long as it takes)."""
    made = Scratch(folder=folder, seconds=math.inf if seconds is None else seconds)
    token = _CURRENT.set(made)
    try:
        with made.ends:
            yield made
    finally:
        _CURRENT.reset(token)
