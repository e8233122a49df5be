"""Exponents and crossings of costs that are made up; memory and time of a small attention."""

import pytest
import torch

from hondo.evaluate.speed import attention_cost
from hondo.evaluate.speed.attention_cost import (
    AttentionCost,
    LiveMemory,
    attention_costs,
    attention_macs,
    crossing,
    exponent,
    report,
)
from hondo.nn.attention.registry import ATTENTION, attention

TOKENS = (256, 1024, 4096, 16384)


def costs(name: str, milliseconds) -> list[AttentionCost]:
    return [AttentionCost(name=name, tokens=n, milliseconds=milliseconds(n), mebibytes=n / 100) for n in TOKENS]


def test_the_exponent_of_a_power() -> None:
    quadratic = costs("softmax", lambda n: n**2 / 1e4)
    assert exponent(quadratic, of=lambda cost: cost.milliseconds) == pytest.approx(2)
    assert exponent(quadratic, of=lambda cost: cost.mebibytes) == pytest.approx(1)
    assert exponent(quadratic[:2], of=lambda cost: cost.milliseconds) is None


def test_where_a_linear_one_becomes_faster() -> None:
    quadratic, linear = costs("softmax", lambda n: n**2 / 1e4), costs("linear", lambda n: n / 5)
    assert crossing(linear, quadratic) == pytest.approx(2000)
    assert crossing(quadratic, linear) is None
    assert crossing(costs("fast", lambda n: 0.001), quadratic) == 0


def test_the_report_has_times_exponents_and_crossings() -> None:
    rows = report([*costs("softmax", lambda n: n**2 / 1e4), *costs("linear", lambda n: n / 5)]).rows
    found = {(row.subject, row.name): row.value for row in rows}
    assert found["linear", "time grows as n^"] == pytest.approx(1)
    assert found["linear", "faster than softmax from"] == pytest.approx(2000)
    assert ("softmax", "faster than softmax from") not in found
    assert found["softmax", "1024 tokens"] == pytest.approx(104.8576)


def test_the_peak_of_live_tensors() -> None:
    with LiveMemory() as memory:
        first = torch.ones(1000)
        second = first + 1
        del first
        _third = second * 2
    assert memory.most == 2 * 4000


def test_every_grid_is_measured() -> None:
    lines: list[str] = []
    found = attention_costs(("softmax", "linear"), grids=((2, 2), (4, 4)), dim=8, num_heads=2, on_progress=lines.append)
    assert [(cost.name, cost.tokens) for cost in found] == [
        ("softmax", 4), ("softmax", 16), ("linear", 4), ("linear", 16),
    ]  # fmt: skip
    assert all(cost.milliseconds > 0 and cost.mebibytes > 0 for cost in found) and len(lines) == 4


def test_the_memory_of_a_quadratic_matrix_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention_cost, "FIT_FROM", 16)
    found = attention_costs(("rest",), grids=((16, 16), (32, 32)), dim=8, num_heads=2, rounds=1)
    power = exponent(found, of=lambda cost: cost.mebibytes)
    assert power is not None and power > 1.7


def test_the_multiply_accumulates_of_softmax_attention() -> None:
    tokens, dim = 6 * 8, 32
    module = attention("softmax", dim=dim, num_heads=2)
    assert attention_macs(module, (6, 8), dim=dim) == 4 * tokens * dim**2 + 2 * tokens**2 * dim


@pytest.mark.parametrize("name", ATTENTION)
def test_each_has_a_cost_model(name: str) -> None:
    module = attention(name, dim=32, num_heads=2).eval()
    assert attention_macs(module, (8, 8), dim=32) > 64 * 32**2


def test_the_report_says_which_linear_kinds_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    linear, steep = costs("linear", lambda n: n / 5), costs("halo", lambda n: n**1.3)
    assert report([*linear]).notes[-1].endswith("all of them")
    assert report([*linear, *steep]).notes[-1].endswith("above it: halo time 1.30")
    assert "linear kinds" not in report(costs("softmax", lambda n: n**2)).notes[-1]
