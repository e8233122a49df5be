"""Network sizes that follow a wanted frame rate: smaller before frames are dropped, larger where time is left."""

import math
import statistics
from collections import deque
from collections.abc import Sequence

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import InputSpec, Size

STEP = 0.75  # area of a network size as a share of the next larger one
SMALLEST = 0.5  # sides of the smallest size as a share of the native one, where no bounds are given
DOWN_LOAD, UP_LOAD = 0.95, 0.75  # share of a frame's time: over the first a smaller size, under the second a larger
WINDOW = 12  # frames whose median time counts
FIRST_PATIENCE_S, MOST_PATIENCE_S = 2.0, 60.0  # before a larger size is tried; doubled where it was too much


class SizeChooser:
    """Which of ``sizes`` (largest first) keeps up, from how long frames take; hysteresis keeps it from swinging."""

    def __init__(self, sizes: Sequence[Size]) -> None:
        self._areas = [height * width for height, width in sizes]
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._patience_s = FIRST_PATIENCE_S
        self._changed_at = self._grown_at = -math.inf
        self.index = 0

    def observe(self, work_s: float, *, budget_s: float, now: float) -> int:
        """Takes the time of one frame at the present size; returns the index of the size to use from now on."""
        self._recent.append(work_s)
        if len(self._recent) < WINDOW:
            return self.index
        load = statistics.median(self._recent) / budget_s
        if load > DOWN_LOAD and self.index < len(self._areas) - 1:
            if now - self._grown_at < 2 * self._patience_s:  # the larger size was tried, and too much
                self._patience_s = min(2 * self._patience_s, MOST_PATIENCE_S)
            self._move(self._fitting(load), now)
        elif (
            self.index > 0
            and now - self._changed_at > self._patience_s
            and self._load_at(load, self.index - 1) < UP_LOAD
        ):
            self._grown_at = now
            self._move(self.index - 1, now)
        return self.index

    def _fitting(self, load: float) -> int:
        smaller = range(self.index + 1, len(self._areas))
        return next((index for index in smaller if self._load_at(load, index) <= DOWN_LOAD), smaller[-1])

    def _load_at(self, load: float, index: int) -> float:
        return load * self._areas[index] / self._areas[self.index]

    def _move(self, index: int, now: float) -> None:
        self.index, self._changed_at = index, now
        self._recent.clear()


def size_ladder(spec: InputSpec, bounds: tuple[Size, Size] | None = None) -> tuple[Size, ...]:
    """Network sizes from the largest to the smallest bound, each about three quarters of the one before.

    ``bounds`` are (smallest, largest), as (height, width); without them from the native size to half its sides.
    """
    native, step = spec.size_hw, spec.multiple_of
    half = (max(step, round(native[0] * SMALLEST)), max(step, round(native[1] * SMALLEST)))
    smallest, largest = bounds or (half, native)
    if smallest[0] > largest[0] or smallest[1] > largest[1]:
        raise HondoError(f"size bounds must be (smallest, largest), got {smallest} and {largest}")
    count = math.ceil(math.log(smallest[0] * smallest[1] / (largest[0] * largest[1])) / math.log(STEP))
    shares = [(index / max(count, 1)) for index in range(count + 1)]
    sizes = (tuple(_between(a, b, share, step) for a, b in zip(largest, smallest, strict=True)) for share in shares)
    return tuple(dict.fromkeys((height, width) for height, width in sizes))


def at_sizes(predictor: Predictor, bounds: tuple[Size, Size] | None = None) -> tuple[Predictor, ...]:
    """The same network at every size of its ladder, sharing its weights; itself alone where it has one fixed size."""
    if predictor.input_spec.fixed:
        return (predictor,)
    return tuple(predictor.at_size(size) for size in size_ladder(predictor.input_spec, bounds))


def _between(large: int, small: int, share: float, step: int) -> int:
    """A side between two, evenly in the logarithm, as a multiple of ``step``."""
    return max(step, round(large * (small / large) ** share / step) * step)
