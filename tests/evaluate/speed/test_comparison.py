"""A against B: in turn, the ratio right although the machine drifts, equals are called equal."""

import time

import pytest

from hondo.evaluate.speed.comparison import LatencyComparison, alternate, alternate_with


@pytest.fixture(autouse=True)
def restless(monkeypatch) -> None:
    monkeypatch.setattr("hondo.evaluate.speed.comparison.REST_S", 0.0)


def test_calls_alternate_and_the_ratio_stands_in_spite_of_drift() -> None:
    order, pace = [], [0.002]

    def call(name: str, factor: float):
        def work() -> None:
            order.append(name)
            pace[0] *= 1.01  # a machine that grows slower all the time
            time.sleep(pace[0] * factor)

        return work

    versus = alternate(call("a", 1), call("b", 3), warmup=0, runs=24)
    assert order[:8] == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert versus.ratio == pytest.approx(3, rel=0.25) and versus.low <= versus.ratio <= versus.high
    assert "a is" in versus.verdict(first="a", second="b")


def test_several_meet_the_same_first(monkeypatch) -> None:
    order = []

    def call(name: str, milliseconds: float):
        def work() -> float:
            order.append(name)
            return milliseconds * (1 + (len(order) - 1) // 3 % 2)  # every other round is slow

        return work

    monkeypatch.setattr("hondo.evaluate.speed.comparison.elapsed_ms", lambda work: work() or 0.1)
    found = alternate_with(call("a", 3), {"b": call("b", 6), "c": call("c", 9)}, warmup=0, runs=12)
    assert order[:6] == ["a", "b", "c", "c", "b", "a"] and len(order) == 36
    assert list(found) == ["b", "c"] and found["b"].first == found["c"].first
    assert (found["b"].ratio, found["b"].low, found["b"].high) == (2, 2, 2) and found["c"].ratio == 3


def firm(ratio: float, low: float, high: float) -> LatencyComparison:
    timing = alternate(lambda: None, lambda: None, warmup=0, runs=1).first
    return LatencyComparison(first=timing, second=timing, ratio=ratio, low=low, high=high)


def test_the_verdict() -> None:
    assert "b is 2.00 times as fast" in firm(0.5, 0.49, 0.51).verdict(first="a", second="b")
    assert "no significant difference" in firm(1.01, 0.98, 1.03).verdict(first="a", second="b")


def test_a_wide_ratio_is_doubted() -> None:
    assert firm(1.0, 0.99, 1.02).doubts() == ()
    assert "±30% after" in firm(1.0, 0.9, 1.3).doubts()[0]


def test_a_short_call_is_timed_after_a_rest_and_a_call_that_warms_it(monkeypatch) -> None:
    """As threads of the engine before are gone from the cores, and what the rest cooled down is warm again."""
    monkeypatch.setattr("hondo.evaluate.speed.comparison.REST_S", 0.03)
    gaps: dict[str, list[float]] = {"short": [], "long": []}
    ended = [time.perf_counter()]

    def call(name: str, seconds: float):
        def work() -> None:
            gap = time.perf_counter() - ended[0]
            gaps[name].append(gap)
            time.sleep(seconds * (5 if gap > 0.02 else 1))  # cold after a rest
            ended[0] = time.perf_counter()

        return work

    versus = alternate(call("short", 0.002), call("long", 0.02), warmup=0, runs=4, seconds=0)
    assert len(gaps["short"]) == 8 and min(gaps["short"][::2]) >= 0.03 > max(gaps["short"][1::2])
    assert len(gaps["long"]) == 4 and min(gaps["long"]) >= 0.03
    assert versus.first.median_ms == pytest.approx(2, rel=0.5) and versus.second.median_ms > 99
