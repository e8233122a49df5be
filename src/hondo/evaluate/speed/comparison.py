"""A against B: called in turn, so that whatever the machine does meets both; the ratio with its interval."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hondo.evaluate.speed.noise import CoreTime, Noise, reference_work
from hondo.evaluate.speed.timing import FEWEST, WIDEST, Timing, elapsed_ms, median_interval, settle

REST_S = 0.05  # threads of OpenMP and ONNX Runtime turn round for some 20 ms before they sleep


@dataclass(frozen=True, kw_only=True)
class Versus:
    """Times of both, and the median over pairs of B's time over A's, with its 95 % interval."""

    first: Timing
    second: Timing
    ratio: float
    low: float
    high: float

    def doubts(self) -> tuple[str, ...]:
        """Why no conclusion is drawn; noise that met both sides alike does not matter as long as the ratio is firm."""
        width = max(self.high - self.ratio, self.ratio - self.low) / self.ratio
        return (f"the ratio is known to {width:.0%} only, after {self.first.runs} pairs",) if width > WIDEST else ()

    def verdict(self, *, first: str, second: str) -> str:
        """One sentence: which is faster, and by how much."""
        interval = f"{self.low:.3f} to {self.high:.3f} with 95 %, {self.first.runs} pairs"
        takes = f"{second} takes {self.ratio:.3f} of the time of {first} ({interval})"
        if self.low <= 1 <= self.high:
            return f"{takes}: no difference shown"
        faster, times = (second, 1 / self.ratio) if self.ratio < 1 else (first, self.ratio)
        return f"{takes}: {faster} is {times:.2f} times as fast"


def alternate(
    first: Callable[[], object], second: Callable[[], object], *, warmup: int, runs: int, seconds: float = 40.0
) -> Versus:
    """Calls both in turn, each pair in the other order than the last; at least FEWEST pairs."""
    return alternate_with(first, {"second": second}, warmup=warmup, runs=runs, seconds=seconds)["second"]


def alternate_with(
    first: Callable[[], object],
    others: Mapping[str, Callable[[], object]],
    *,
    warmup: int,
    runs: int,
    seconds: float = 40.0,
) -> dict[str, Versus]:
    """Each of ``others`` against ``first``: all are called in turn, each round in the other order than the last.

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
    """A call's time after those of another engine: the threads of that get time to fall asleep, and a short call is
    made once before, so that what cooled down meanwhile is warm."""
    time.sleep(REST_S)
    first = elapsed_ms(call)
    return elapsed_ms(call) if first < 1000 * REST_S else first


def _versus(first: list[float], second: list[float], *, noise: Noise) -> Versus:
    ratios = sorted(b / a for a, b in zip(first, second, strict=True))
    low, high = median_interval(ratios)
    return Versus(
        first=Timing.of(first, noise=noise),
        second=Timing.of(second, noise=noise),
        ratio=ratios[len(ratios) // 2],
        low=low,
        high=high,
    )
