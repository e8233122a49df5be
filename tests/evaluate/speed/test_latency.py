"""Latency: the statistics are right, and a bench says all that is known."""

import time
from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.metadata import Cost
from hondo.engines.base.predictor import NetworkPredictor
from hondo.evaluate.speed.latency import BenchConfig, bench, network_call, protocol_config
from hondo.evaluate.speed.peak import PeakThroughput
from hondo.models.registry.build_model import build_model


def sleeper(image: np.ndarray) -> np.ndarray:
    time.sleep(0.004)
    return image[:, :1]


@pytest.fixture
def predictor() -> NetworkPredictor:
    return NetworkPredictor(
        name="sleeper", kind=DepthKind.METRIC_DEPTH, input_spec=InputSpec(size_hw=(32, 64), multiple_of=16),
        network=sleeper, engine="numpy", precision="fp32",
    )  # fmt: skip


def test_a_bench_knows_network_and_whole_call(predictor) -> None:
    result = bench(predictor, config=BenchConfig(warmup=1, runs=5, batch=2))
    assert result.size_hw == (32, 64) and result.batch == 2
    assert result.median_ms >= 4 and result.predictor_median_ms >= 4
    assert result.throughput == pytest.approx(2000 / result.median_ms)
    assert result.fps == pytest.approx(1000 / result.predictor_median_ms)
    assert result.gmacs is None and result.file_size_mib is None
    assert {row.name for row in result.rows()} >= {"median", "p95", "min", "FPS", "preprocess", "postprocess"}
    assert result.low_ms <= result.median_ms <= result.high_ms and result.preprocess_ms > 0


def test_the_size_asked_for_is_the_size_measured(predictor) -> None:
    seen = set()
    spied = replace(predictor, network=lambda image: (seen.add(image.shape), image[:, :1])[1])
    bench(spied, config=BenchConfig(size_hw=(48, 48), warmup=0, runs=1))
    assert (1, 3, 48, 48) in seen


def test_the_whole_call_is_that_of_the_cameras_image(predictor) -> None:
    config = BenchConfig(warmup=1, runs=5)
    small, large = (bench(predictor, config=replace(config, image_hw=size)) for size in (None, (720, 1280)))
    assert (small.image_hw, large.image_hw) == ((32, 64), (720, 1280)) and large.size_hw == (32, 64)
    assert large.preprocess_ms > small.preprocess_ms and large.postprocess_ms > small.postprocess_ms


def test_the_roof_is_shared_by_models_that_are_known(predictor) -> None:
    roof = PeakThroughput(gmacs_per_s=1, bf16_gmacs_per_s=1, int8_gmacs_per_s=None, gigabytes_per_s=1)
    result = bench(predictor, config=BenchConfig(warmup=0, runs=1), roof=roof)
    assert result.roof_share is None  # nothing is known of what it computes
    network = build_model("unet-light", weights="random")
    known = bench(predictor, config=BenchConfig(warmup=0, runs=1), roof=roof, model=network)
    assert known.roof_share == pytest.approx(1000 * known.gmacs / known.median_ms)
    assert "of peak throughput" in {row.name for row in known.rows()}


def test_a_file_tells_what_its_model_takes_at_its_own_size(predictor) -> None:
    roof = PeakThroughput(gmacs_per_s=2, bf16_gmacs_per_s=2, int8_gmacs_per_s=None, gigabytes_per_s=1)
    stated = replace(predictor, cost=Cost(macs=10**6, parameters=7, size_hw=(32, 64)))
    result = bench(stated, config=BenchConfig(warmup=0, runs=1), roof=roof)
    assert (result.gmacs, result.parameters) == (1e-3, 7)
    assert result.roof_share == pytest.approx(0.5 / result.median_ms)
    assert bench(stated, config=BenchConfig(size_hw=(48, 48), warmup=0, runs=1), roof=roof).gmacs is None


def test_images_differ_from_call_to_call(predictor) -> None:
    seen = []
    call = network_call(
        replace(predictor, network=lambda image: (seen.append(image), image[:, :1])[1]), size_hw=(32, 64)
    )
    call(), call()
    assert not np.array_equal(*seen)


def test_the_seeds_protocol() -> None:
    config = protocol_config("dpt400", warmup=3)
    assert (config.size_hw, config.batch, config.runs, config.warmup) == ((384, 384), 1, 400, 3)
    with pytest.raises(HondoError, match="dpt400"):
        protocol_config("dpt40", warmup=3)


def test_what_it_ran_under_is_told(predictor) -> None:
    conditions = bench(predictor, config=BenchConfig(warmup=0, runs=1), threads=2).conditions
    assert conditions.threads == 2 and "threads 2" in str(conditions)


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"runs": 0}, {"warmup": -1}])
def test_wrong_numbers_are_refused(wrong) -> None:
    with pytest.raises(HondoError, match="at least"):
        BenchConfig(**wrong)
