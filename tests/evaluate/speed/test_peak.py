"""The machine's roof: positive, and it bounds a time from below."""

import pytest

from hondo.evaluate.speed import peak as machine
from hondo.evaluate.speed.peak import PeakThroughput, best_rates, measure_peak
from hondo.evaluate.speed.peak_kernels import PeakKernel, Product


@pytest.mark.slow
def test_a_roof_is_measured(monkeypatch) -> None:
    monkeypatch.setattr(machine, "SIDES", (128,))
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


def kernel(name: str, rates: dict[str, float | None]) -> PeakKernel:
    """A kernel whose products take one second a call for ``rate`` 10^9 multiply-accumulates; None: it cannot."""

    def make(precision: str, side: int, threads: int | None) -> Product:
        rate = rates[precision]
        if rate is None:
            raise RuntimeError("no such product here")
        return Product(call=lambda: None, macs=int(rate * 1e9 * side))

    return PeakKernel(name=name, packages=("torch",), precisions=tuple(rates), make=make)


def test_the_best_kernel_and_shape_of_each_precision_counts() -> None:
    kernels = [kernel("a", {"fp32": 2, "int8": None}), kernel("b", {"fp32": 3, "bf16": 5}), kernel("c", {"fp32": 1})]
    best = best_rates(kernels, threads=None, timed=lambda call: 1.0, sides=(1, 2))
    assert best == {"fp32": (6, "b"), "bf16": (10, "b")}


def test_a_peak_names_its_kernels() -> None:
    peak = PeakThroughput(
        gmacs_per_s=50, bf16_gmacs_per_s=60, int8_gmacs_per_s=None, gigabytes_per_s=10, kernels={"bf16": "x"}
    )
    assert str(peak) == "50 fp32, 60 bf16 (x) GMAC/s; memory 10.0 GB/s"
