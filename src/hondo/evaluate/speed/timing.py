"""Times of repeated calls: warmed up until they settle, with a fixed piece of work between them that shows noise."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hondo.evaluate.speed.noise import CoreTime, Noise, reference_work

FEWEST = 10  # runs that are made however long they take
_WINDOW = 5  # calls; two neighbouring windows whose medians agree have settled
_SETTLED = 0.05
_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Times of repeated calls, in milliseconds; the median lies in ``low_ms`` .. ``high_ms`` with 95 %."""

    median_ms: float
    low_ms: float
    high_ms: float
    p95_ms: float
    min_ms: float
    mean_ms: float
    runs: int
    noise: Noise = field(default_factory=Noise)

    @classmethod
    def of(cls, times_ms: Sequence[float], *, noise: Noise) -> "Timing":
        low, high = median_interval(times_ms)
        median, p95 = np.percentile(times_ms, [50, 95])
        return cls(
            median_ms=float(median), low_ms=low, high_ms=high, p95_ms=float(p95), min_ms=min(times_ms),
            mean_ms=float(np.mean(times_ms)), runs=len(times_ms), noise=noise,
        )  # fmt: skip

    def doubts(self) -> tuple[str, ...]:
        """Why these times allow no conclusion; empty where they do. Fewer than FEWEST runs are never doubted."""
        if self.runs < FEWEST:
            return ()
        width = max(self.high_ms - self.median_ms, self.median_ms - self.low_ms) / self.median_ms
        wide = f"the median is known to {width:.0%} only, after {self.runs} runs"
        return (*self.noise.doubts(), *((wide,) if width > WIDEST else ()))


WIDEST = 0.10  # of the interval's half, as a share of the median


def measure(call: Callable[[], object], *, warmup: int, runs: int, seconds: float = 20.0) -> Timing:
    """Times ``runs`` calls after the warm-up; fewer (at least FEWEST) where that takes over ``seconds``."""
    settle(call, least=warmup, seconds=seconds / 2)
    times, references, began = [], [], CoreTime.now()
    end = time.perf_counter() + seconds
    while len(times) < runs and (len(times) < FEWEST or time.perf_counter() < end):
        references.append(elapsed_ms(reference_work))
        times.append(elapsed_ms(call))
    return Timing.of(times, noise=Noise.of(references, waited=began.waited_since()))


def settle(call: Callable[[], object], *, least: int, seconds: float) -> int:
    """Calls until two neighbouring windows of calls take the same time, ``least`` times or more; gives how often.

    It gives up after ``seconds``, or ten times ``least``: what never settles shows in the interval of the median.
    """
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < least or (least and not is_settled(times)):
        times.append(elapsed_ms(call))
        if len(times) >= least and (time.perf_counter() > end or len(times) >= 10 * least):
            break
    return len(times)


def is_settled(times: Sequence[float]) -> bool:
    """Whether the last two windows of calls have the same median, within 5 %."""
    if len(times) < 2 * _WINDOW:
        return False
    before, after = np.median(times[-2 * _WINDOW : -_WINDOW]), np.median(times[-_WINDOW:])
    return bool(abs(after / before - 1) < _SETTLED)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the median by order statistics: no shape of the distribution is assumed."""
    ordered, count = sorted(values), len(values)
    reach = _Z * np.sqrt(count) / 2
    low = max(0, int(np.floor(count / 2 - reach)))
    high = min(count - 1, int(np.ceil(count / 2 + reach)))
    return float(ordered[low]), float(ordered[high])


def elapsed_ms(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)
