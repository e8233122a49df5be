"""Times repeated calls after a warm-up until times are stable, and measures noise between the calls."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hondo.evaluate.speed.noise import CoreTime, Noise, reference_work

FEWEST = 10  # runs that are made whatever the time limit
_WINDOW = 5  # calls; times are stable when the medians of two successive windows agree
_SETTLED = 0.05
_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Times of calls in milliseconds; ``low_ms`` .. ``high_ms``: 95 % confidence interval of the median."""

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
        """The statistics of some times."""
        low, high = median_interval(times_ms)
        median, p95 = np.percentile(times_ms, [50, 95])
        return cls(
            median_ms=float(median), low_ms=low, high_ms=high, p95_ms=float(p95), min_ms=min(times_ms),
            mean_ms=float(np.mean(times_ms)), runs=len(times_ms), noise=noise,
        )  # fmt: skip

    def doubts(self) -> tuple[str, ...]:
        """Why these times are inconclusive; empty if they are reliable. Fewer than FEWEST runs are not assessed."""
        if self.runs < FEWEST:
            return ()
        width = max(self.high_ms - self.median_ms, self.median_ms - self.low_ms) / self.median_ms
        wide = f"the confidence interval of the median is ±{width:.0%} after {self.runs} runs"
        return (*self.noise.doubts(), *((wide,) if width > WIDEST else ()))


WIDEST = 0.10  # half width of the confidence interval, as a share of the median


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
    """Calls until the times of two successive windows agree, at least ``least`` times; returns the number of calls.

    Stops after ``seconds`` or ten times ``least``: times that never become stable widen the confidence interval.
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
    """The 95 % confidence interval of the median from order statistics, for any distribution."""
    ordered, count = sorted(values), len(values)
    reach = _Z * np.sqrt(count) / 2
    low = max(0, int(np.floor(count / 2 - reach)))
    high = min(count - 1, int(np.ceil(count / 2 + reach)))
    return float(ordered[low]), float(ordered[high])


def elapsed_ms(call: Callable[[], object]) -> float:
    """The duration of a call in milliseconds."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)
