"""Timing: the statistics are right, a warm-up ends when times settle, restlessness is seen."""

import time

import numpy as np

from hondo.evaluate.speed.noise import Noise
from hondo.evaluate.speed.timing import Timing, is_settled, measure, median_interval, settle


def test_statistics_and_warm_up() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        time.sleep(0.2 if len(calls) <= 2 else 0.002)  # the two first are slow, as compilers are

    timing = measure(call, warmup=2, runs=12)
    assert timing.runs == 12 and len(calls) >= 14
    assert 2 <= timing.min_ms <= timing.low_ms <= timing.median_ms <= timing.high_ms < 200
    assert timing.median_ms <= timing.p95_ms < 200


def test_a_slow_call_is_measured_ten_times_at_least() -> None:
    assert measure(lambda: time.sleep(0.002), warmup=0, runs=1000, seconds=0.0).runs == 10


def test_the_warm_up_waits_for_steady_times() -> None:
    times = iter([0.03] * 6 + [0.004] * 200)
    assert 12 <= settle(lambda: time.sleep(next(times)), least=5, seconds=5) <= 50


def test_a_warm_up_that_never_settles_ends() -> None:
    lengths = iter([0.001 * 1.3**n for n in range(100)])
    assert settle(lambda: time.sleep(next(lengths)), least=1, seconds=5) == 10
    assert settle(lambda: None, least=0, seconds=5) == 0


def test_settled() -> None:
    assert is_settled([9, 9, 9, *[1.0] * 10])
    assert not is_settled([*[1.2] * 5, *[1.0] * 5])
    assert not is_settled([1.0] * 9)


def test_the_interval_of_the_median_holds_the_median_in_95_of_100() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(500):
        low, high = median_interval(list(random.exponential(size=60)))
        hits += low <= np.log(2) <= high
    assert 0.93 <= hits / 500 <= 0.99
    assert median_interval([3.0]) == (3.0, 3.0)


def test_a_wide_interval_is_doubted_and_few_runs_are_not() -> None:
    restless = [1.0, 2.0] * 10
    (doubt,) = Timing.of(restless, noise=Noise()).doubts()
    assert "after 20 runs" in doubt
    assert Timing.of(restless[:4], noise=Noise()).doubts() == ()
    assert Timing.of([1.0] * 20, noise=Noise()).doubts() == ()
