"""Expectations from each change alone, and what Optuna finds by them."""

from dataclasses import replace

import pytest

from hondo.recipes.fitting.fit_proxy import Proxy, promising
from hondo.recipes.fitting.fit_results import Result
from hondo.recipes.fitting.fit_space import Space
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_tuning import survivors

SPACE = Space(
    sizes=((128, 128), (64, 64)),
    runtimes=(("openvino", "fp32"), ("openvino", "bf16"), ("openvino", "int8")),
    changes={"hooks": ("", "hooks=0,1"), "width": ("", "width=0.5")},
)
FIRST = Result(variant=SPACE.first, latency_ms=40.0, error=0.1, file_mb=8.0)


def known(latency_ms: float, error: float, **changes) -> Result:
    return replace(FIRST, variant=replace(SPACE.first, **changes), latency_ms=latency_ms, error=error)


BF16, SMALL = known(20.0, 0.11, precision="bf16"), known(12.0, 0.16, size_hw=(64, 64))
HOOKS = known(30.0, 0.5, steps="hooks=0,1")


def proxy(*seen: Result, space: Space = SPACE) -> Proxy:
    alone = {each.variant: each for each in (FIRST, BF16, SMALL, HOOKS)}
    macs = lambda variant: 50 if "width" in variant.steps else 100  # noqa: E731
    return Proxy(space=space, first=FIRST, alone=alone, macs_of=macs, seen=seen)


def test_ratios_multiply_and_errors_add() -> None:
    guess = proxy().guess(replace(SPACE.first, precision="bf16", size_hw=(64, 64), steps="hooks=0,1"))
    assert guess.latency_ms == pytest.approx(40 * 0.5 * 0.3 * 0.75) and guess.error == pytest.approx(0.1 + 0.47)
    unmeasured = proxy().guess(replace(SPACE.first, steps="width=0.5"))
    assert unmeasured.latency_ms == pytest.approx(20.0) and unmeasured.error > FIRST.error
    int8 = proxy().guess(replace(SPACE.first, precision="int8"))
    assert int8.latency_ms == pytest.approx(16.0) and int8.error == pytest.approx(0.108)


def test_a_measured_combination_corrects_the_expectation() -> None:
    both = replace(SPACE.first, precision="bf16", size_hw=(64, 64))
    slower = proxy(known(12.0, 0.17, precision="bf16", size_hw=(64, 64)))
    assert slower.guess(both).latency_ms == pytest.approx(12.0)
    assert slower.guess(replace(both, steps="hooks=0,1")).latency_ms == pytest.approx(9.0)


@pytest.mark.parametrize("many", [False, True])
def test_the_most_accurate_within_the_target_come_first(many: bool, monkeypatch) -> None:
    if many:  # more combinations than Optuna may try
        monkeypatch.setattr("hondo.recipes.fitting.fit_proxy.TRIALS", 23)
    found = promising(proxy(), FitTarget(fps=70), done={SPACE.first})
    assert found and all(each.latency_ms <= 1000 / 70 for each in found)
    assert [each.error for each in found] == sorted(each.error for each in found)
    nobody = promising(proxy(), FitTarget(fps=5000), done=set())
    assert nobody[0].latency_ms == min(each.latency_ms for each in nobody)


def test_survivors_are_different_networks_half_of_them_by_capacity() -> None:
    guesses = promising(proxy(), FitTarget(fps=60), done=set())
    chosen = survivors(guesses, lambda variant: 100 - len(variant.steps))
    assert len({(each.size_hw, each.steps) for each in chosen}) == len(chosen) == 4
    assert chosen[0] == guesses[0].variant
