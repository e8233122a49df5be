"""Settings of the demo, and how it reports its progress. Imports no torch."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from hondo.core.errors import HondoError
from hondo.core.types import Size


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Where the demo writes, and how much it does. The defaults take about two minutes on two cores."""

    out: Path
    seconds: float = 60.0  # of adaptation
    model: str = "hondo-small"  # what is adapted: the most accurate one that ships
    weights: str | None = None  # of the model; None: those in the package; "random": untrained
    frames: int | None = None  # of the clip; None: all
    predict_hw: Size | None = None  # the network's size for predictions; None: the model's own
    adapt_hw: Size | None = None  # area of the images it adapts on; None: that of the recipe "video"
    speed_hw: Size = (192, 640)  # of the exported files and of the speed
    bench_runs: int = 60
    bench_seconds: float = 3.0  # of each measurement, at most

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seconds) and self.seconds > 0):
            raise HondoError(f"seconds must be a positive number, got {self.seconds:g}", field="seconds")


def quick(config: DemoConfig) -> DemoConfig:
    """The same steps at a size for tests: a few frames, tiny images, two seconds of adaptation at most."""
    return replace(
        config,
        seconds=min(config.seconds, 2.0),
        frames=9,
        predict_hw=(64, 96),
        adapt_hw=(64, 96),
        speed_hw=(64, 96),
        bench_runs=5,
        bench_seconds=0.5,
    )


Item = TypeVar("Item")
Result = TypeVar("Result")


class ProgressReporter:
    """Reports nothing: for library use. The command line shows steps and progress bars."""

    shows_progress = False  # whether training shows its own bar

    def step(self, text: str) -> None:
        """A step begins."""

    def note(self, text: str) -> None:
        """A result of the current step."""

    def each(self, text: str, items: Sequence[Item], do: Callable[[Item], Result]) -> list[Result]:
        """Calls ``do`` for every item in order; a progress bar counts the items."""
        return [do(item) for item in items]
