"""The machine's roof: positive, and it bounds a time from below."""

import pytest

from hondo.evaluate.speed import peak as machine
from hondo.evaluate.speed.peak import PeakThroughput, measure_peak


def test_a_roof_is_measured(monkeypatch) -> None:
    monkeypatch.setattr(machine, "_SIDE", 128)
    monkeypatch.setattr(machine, "_BYTES", 2**20)
    measure_peak.cache_clear()
    roof = measure_peak(repeats=2)
    assert min(roof.gmacs_per_s, roof.bf16_gmacs_per_s, roof.gigabytes_per_s) > 0
    assert roof.int8_gmacs_per_s is None or roof.int8_gmacs_per_s > 0
    assert measure_peak(repeats=2) is roof  # once in a process
    measure_peak.cache_clear()


def test_the_least_time() -> None:
    roof = PeakThroughput(gmacs_per_s=50, bf16_gmacs_per_s=200, int8_gmacs_per_s=400, gigabytes_per_s=10)
    assert roof.least_ms(gmacs=1, precision="fp32") == pytest.approx(20)
    assert roof.least_ms(gmacs=1, precision="bf16") == pytest.approx(5)
    assert roof.least_ms(gmacs=1, precision="int8") == pytest.approx(2.5)
    assert roof.rate("int8-dynamic") == roof.rate("int8") and roof.rate("int8-weights") == roof.rate("fp32")


def test_a_type_without_hardware_is_no_slower_than_float32() -> None:
    roof = PeakThroughput(gmacs_per_s=50, bf16_gmacs_per_s=5, int8_gmacs_per_s=None, gigabytes_per_s=10)
    assert roof.rate("bf16") == roof.rate("int8") == 50
