"""Latency: the statistics are right, and a bench says all that is known."""

import time
from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.predictor import NetworkPredictor
from hondo.evaluate.latency import BenchConfig, PeakMemory, bench, file_size_mib, measure


def sleeper(image: np.ndarray) -> np.ndarray:
    time.sleep(0.004)
    return image[:, :1]


@pytest.fixture
def predictor() -> NetworkPredictor:
    return NetworkPredictor(
        name="sleeper", kind=DepthKind.METRIC_DEPTH, input_spec=InputSpec(size_hw=(32, 64), multiple_of=16),
        run=sleeper, engine="numpy", precision="fp32",
    )  # fmt: skip


def test_statistics_and_warm_up() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        time.sleep(0.2 if len(calls) <= 2 else 0.002)  # the two first are slow, as compilers are

    timing = measure(call, warmup=2, runs=12)
    assert len(calls) == 14 and timing.runs == 12
    assert 2 <= timing.min_ms <= timing.median_ms <= timing.p95_ms < 200


def test_a_slow_call_is_measured_ten_times_at_least() -> None:
    assert measure(lambda: time.sleep(0.002), warmup=0, runs=1000, seconds=0.0).runs == 10


def test_a_bench_knows_network_and_whole_call(predictor) -> None:
    result = bench(predictor, config=BenchConfig(warmup=1, runs=5, batch=2))
    assert result.size_hw == (32, 64) and result.batch == 2
    assert result.median_ms >= 4 and result.predictor_median_ms >= 4
    assert result.throughput == pytest.approx(2000 / result.median_ms)
    assert result.fps == pytest.approx(1000 / result.predictor_median_ms)
    assert result.gmacs is None and result.file_size_mib is None
    assert {row.name for row in result.rows()} >= {"median", "p95", "min", "FPS", "throughput", "peak memory"}


def test_the_size_asked_for_is_the_size_measured(predictor) -> None:
    seen = set()
    spied = replace(predictor, run=lambda image: (seen.add(image.shape), image[:, :1])[1])
    bench(spied, config=BenchConfig(size_hw=(48, 48), warmup=0, runs=1))
    assert (1, 3, 48, 48) in seen


def test_peak_memory_sees_what_was_held_and_freed() -> None:
    memory = PeakMemory("cpu")
    before = memory.mib()
    block = np.ones(40 * 2**20, dtype=np.uint8)
    del block
    assert memory.mib() - before > 25


def test_an_openvino_file_counts_with_its_weights(tmp_path) -> None:
    (tmp_path / "n.xml").write_bytes(bytes(2**20))
    (tmp_path / "n.bin").write_bytes(bytes(2**21))
    assert file_size_mib(tmp_path / "n.xml") == 3
    assert file_size_mib(None) is None


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"runs": 0}, {"warmup": -1}])
def test_wrong_numbers_are_refused(wrong) -> None:
    with pytest.raises(HondoError, match="at least"):
        BenchConfig(**wrong)
