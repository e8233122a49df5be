"""The machine's roof: positive, and it bounds a time from below."""

import pytest

from hondo.evaluate import machine
from hondo.evaluate.machine import Roof, measure_roof


def test_a_roof_is_measured(monkeypatch) -> None:
    monkeypatch.setattr(machine, "_SIDE", 128)
    monkeypatch.setattr(machine, "_BYTES", 2**20)
    roof = measure_roof(repeats=2)
    assert min(roof.gmacs_per_s, roof.bf16_gmacs_per_s, roof.gigabytes_per_s) > 0


def test_the_least_time() -> None:
    roof = Roof(gmacs_per_s=50, bf16_gmacs_per_s=200, gigabytes_per_s=10)
    assert roof.least_ms(gmacs=1, precision="fp32") == pytest.approx(20)
    assert roof.least_ms(gmacs=1, precision="bf16") == pytest.approx(5)
