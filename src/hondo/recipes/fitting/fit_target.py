"""What a model is fitted to: a frame rate on this device, and limits of memory and file size. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from hondo.core.check_config import COUNT, POSITIVE, check_config
from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size

DIMENSIONS = ("size", "engine", "precision", "hooks", "heads", "attention", "width", "encoder", "decoder", "prune")


@dataclass(frozen=True, kw_only=True)
class FitTarget:
    """Frames a second of the end-to-end call (image to map at its size), on ``device`` with ``threads``."""

    fps: float
    size_hw: Size | None = None  # of the images, and of the network before anything is changed; None: the model's own
    max_memory_mb: float | None = None  # peak of a process that runs the file
    max_file_mb: float | None = None
    device: str = "auto"
    threads: int | None = None  # None: the engine's choice
    keep: tuple[str, ...] = ()  # DIMENSIONS that stay as they are

    def __post_init__(self) -> None:
        limits = {"fps": POSITIVE, "max_memory_mb": POSITIVE, "max_file_mb": POSITIVE, "threads": COUNT}
        check_config(self, name="target", limits=limits)
        for name in self.keep:
            if name not in DIMENSIONS:
                raise unknown("dimension to keep", name, DIMENSIONS, field="keep")

    @property
    def milliseconds(self) -> float:
        """The time that a frame may take."""
        return 1000 / self.fps

    def missed(
        self, *, latency_ms: float, file_mb: float | None = None, memory_mb: float | None = None
    ) -> tuple[str, ...]:
        """Which of its limits numbers miss, in words; what is not known (None) misses nothing."""
        found = []
        if latency_ms > self.milliseconds:
            found.append(f"{1000 / latency_ms:.1f} FPS of {self.fps:g}")
        if self.max_file_mb is not None and file_mb is not None and file_mb > self.max_file_mb:
            found.append(f"a file of {file_mb:.1f} MB, allowed {self.max_file_mb:g}")
        if self.max_memory_mb is not None and memory_mb is not None and memory_mb > self.max_memory_mb:
            found.append(f"{memory_mb:.0f} MB of memory, allowed {self.max_memory_mb:g}")
        return tuple(found)

    def __str__(self) -> str:
        limits = [f"{self.fps:g} FPS"]
        limits += [] if self.max_file_mb is None else [f"a file of at most {self.max_file_mb:g} MB"]
        limits += [] if self.max_memory_mb is None else [f"at most {self.max_memory_mb:g} MB of memory"]
        return ", ".join(limits)


def parse_budget(text: str) -> float:
    """Seconds of a text such as 90, 90s, 30m or 2h."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text and text[-1] in units else (text, "s")
    try:
        seconds = float(number) * units[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise HondoError(f"budget '{text}' must be a time such as 90s, 30m or 2h", field="budget")
    return seconds


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """The indices of points (cost, error) that no other is at least as good as in both, cheapest first."""
    order, best, front = sorted(range(len(points)), key=lambda index: points[index]), float("inf"), []
    for index in order:
        if points[index][1] < best:
            best = points[index][1]
            front.append(index)
    return front
