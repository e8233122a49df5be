"""Alternates two models and reports their latency ratio with a 95 % confidence interval."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hondo.evaluate.speed.noise import CoreTime, Noise, reference_work
from hondo.evaluate.speed.timing import FEWEST, WIDEST, Timing, elapsed_ms, median_interval, settle

REST_S = 0.05  # threads of OpenMP and ONNX Runtime spin for about 20 ms before they sleep


@dataclass(frozen=True, kw_only=True)
class LatencyComparison:
    """Times of both calls, and the median over pairs of second / first with its 95 % confidence interval."""

    first: Timing
    second: Timing
    ratio: float
    low: float
    high: float

    def doubts(self) -> tuple[str, ...]:
        """Why the comparison is inconclusive. Noise affects both alike, so only the interval counts."""
        width = max(self.high - self.ratio, self.ratio - self.low) / self.ratio
        return (
            (f"the confidence interval of the latency ratio is ±{width:.0%} after {self.first.runs} pairs",)
            if width > WIDEST
            else ()
        )

    def verdict(self, *, first: str, second: str) -> str:
        """One sentence: which is faster, and by how much."""
        interval = f"95 % confidence interval {self.low:.3f} to {self.high:.3f}, {self.first.runs} pairs"
        takes = f"latency ratio {second} / {first}: {self.ratio:.3f} ({interval})"
        if self.low <= 1 <= self.high:
            return f"{takes}: no significant difference"
        faster, times = (second, 1 / self.ratio) if self.ratio < 1 else (first, self.ratio)
        return f"{takes}: {faster} is {times:.2f} times as fast"


def alternate(
    first: Callable[[], object], second: Callable[[], object], *, warmup: int, runs: int, seconds: float = 40.0
) -> LatencyComparison:
    """Alternates two calls, reversing the order in each pair; at least FEWEST pairs."""
    return alternate_with(first, {"second": second}, warmup=warmup, runs=runs, seconds=seconds)["second"]


def alternate_with(
    first: Callable[[], object],
    others: Mapping[str, Callable[[], object]],
    *,
    warmup: int,
    runs: int,
    seconds: float = 40.0,
) -> dict[str, LatencyComparison]:
    """Compares each of ``others`` with ``first``: all are called in each round, in alternating order.

    At least FEWEST rounds; each call may warm up for a quarter of ``seconds``.
    """
    calls = [first, *others.values()]
    for call in calls:
        settle(call, least=warmup, seconds=seconds / 4)
    rounds: list[list[float]] = []
    references, began, end = [], CoreTime.now(), time.perf_counter() + seconds
    while len(rounds) < runs and (len(rounds) < FEWEST or time.perf_counter() < end):
        references.append(elapsed_ms(reference_work))
        step = -1 if len(rounds) % 2 else 1
        rounds.append([_rested_ms(call) for call in calls[::step]][::step])
    baseline, *times = (list(each) for each in zip(*rounds, strict=True))
    noise = Noise.of(references, waited=began.waited_since())
    return {name: _versus(baseline, each, noise=noise) for name, each in zip(others, times, strict=True)}


def _rested_ms(call: Callable[[], object]) -> float:
    """A call's time after a pause in which the threads of other engines go to sleep. A short call is repeated, so that
    caches are warm."""
    time.sleep(REST_S)
    first = elapsed_ms(call)
    return elapsed_ms(call) if first < 1000 * REST_S else first


def _versus(first: list[float], second: list[float], *, noise: Noise) -> LatencyComparison:
    ratios = sorted(b / a for a, b in zip(first, second, strict=True))
    low, high = median_interval(ratios)
    return LatencyComparison(
        first=Timing.of(first, noise=noise),
        second=Timing.of(second, noise=noise),
        ratio=ratios[len(ratios) // 2],
        low=low,
        high=high,
    )
