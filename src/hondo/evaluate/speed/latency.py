"""Benchmarks a predictor: latency, throughput, FPS, MACs, peak memory, and the conditions of the measurement."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from hondo.core.errors import HondoError, unknown
from hondo.core.report import Row
from hondo.core.types import Size
from hondo.engines.base.layer_times import LayerTime, heaviest
from hondo.engines.base.metadata import Cost, cost_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.tracing.graph_inputs import call_in_video
from hondo.evaluate.speed.memory import PeakMemory, file_size_mib
from hondo.evaluate.speed.noise import Noise
from hondo.evaluate.speed.peak import PeakThroughput
from hondo.evaluate.speed.requests import images_a_second
from hondo.evaluate.speed.timing import Timing, measure
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """``threads``: as requested, None for the default; ``load``: average of the last minute (Unix)."""

    threads: int | None
    torch_threads: int
    affinity: tuple[int, ...]
    load: float | None

    def __str__(self) -> str:
        threads = f"threads {self.threads or 'default of the engine'} (torch {self.torch_threads})"
        cores = f"cores {','.join(map(str, self.affinity))}" if self.affinity else "any core"
        return f"{threads}, {cores}" + ("" if self.load is None else f", load {self.load:.1f} before")


def conditions(threads: int | None = None) -> Conditions:
    """The current conditions."""
    import torch

    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Conditions(threads=threads, torch_threads=torch.get_num_threads(), affinity=affinity, load=load)


_IMAGES = 8  # different images in turn, so that no cache sees the same image twice in a row


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """Input sizes and number of runs. After ``seconds`` a measurement stops once it has 10 runs."""

    size_hw: Size | None = None  # network input; None: the model's own
    image_hw: Size | None = None  # of the camera, for the end-to-end call; None: the network input size
    batch: int | None = None  # None: what the network takes, one image but for files of a batch
    warmup: int = 10
    runs: int = 100
    seconds: float = 20.0
    protocol: str = ""  # the name of a published protocol, which fixes the numbers above
    requests: tuple[int, ...] = ()  # begun at once: throughput is also measured with so many

    def __post_init__(self) -> None:
        if any(count < 1 for count in self.requests):
            raise HondoError(f"requests must each be at least 1, got {self.requests}", field="requests")
        if (self.batch is not None and self.batch < 1) or self.runs < 1 or self.warmup < 0:
            raise HondoError(
                f"batch {self.batch} and runs {self.runs} must be at least 1, warmup {self.warmup} at least 0"
            )


# dpt400: 400 images of 384x384 one at a time, and the mean of their times.
PROTOCOLS = {"dpt400": BenchConfig(size_hw=(384, 384), batch=1, runs=400, seconds=float("inf"), protocol="dpt400")}


def protocol_config(name: str, *, warmup: int) -> BenchConfig:
    """The configuration of a protocol."""
    if name not in PROTOCOLS:
        raise unknown("protocol of bench", name, PROTOCOLS)
    return replace(PROTOCOLS[name], warmup=warmup)


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """The measurements of a model on a device. None: not known for this file or engine."""

    model: str
    engine: str
    precision: str
    device: str
    size_hw: Size
    batch: int
    threads: int | None
    median_ms: float  # the network alone, one batch
    low_ms: float  # of the 95 % confidence interval of the median
    high_ms: float
    p95_ms: float
    min_ms: float
    mean_ms: float
    runs: int
    noise: Noise
    image_hw: Size  # of the end-to-end call
    preprocess_ms: float  # image to network input
    postprocess_ms: float  # network output to a map of the image's size
    fps: float  # end-to-end calls a second, one image each: image to map at its size
    throughput: float  # images a second of the network alone, in batches
    throughput_at: dict[int, float]  # the same with so many requests begun at once
    predictor_median_ms: float  # the end-to-end call
    overhead_ms: float  # the end-to-end call less the network, batch 1
    gmacs: float | None
    parameters: int | None
    peak_memory_mib: float | None  # of the process; of the GPU on CUDA
    file_size_mib: float | None
    protocol: str
    conditions: Conditions
    roof_share: float | None  # throughput as a share of the machine's peak throughput
    doubts: tuple[str, ...]  # why the result is inconclusive; empty on a quiet machine
    layers: tuple[LayerTime, ...]  # the heaviest; empty where the engine does not tell, or where it was not asked

    def rows(self) -> tuple[Row, ...]:
        """The result as report rows."""
        subject = f"{self.model} {self.engine} {self.precision} {self.size_hw[0]}x{self.size_hw[1]}"
        share = None if self.roof_share is None else 100 * self.roof_share
        numbers = [
            ("median", self.median_ms, "ms", "lower"), ("95 % low", self.low_ms, "ms", "lower"),
            ("95 % high", self.high_ms, "ms", "lower"), ("p95", self.p95_ms, "ms", "lower"),
            ("min", self.min_ms, "ms", "lower"), ("mean", self.mean_ms if self.protocol else None, "ms", "lower"),
            ("preprocess", self.preprocess_ms, "ms", "lower"), ("postprocess", self.postprocess_ms, "ms", "lower"),
            ("end to end", self.predictor_median_ms, "ms", "lower"), ("FPS", self.fps, "1/s", "higher"),
            ("throughput", self.throughput, "1/s", "higher"),
            *((f"throughput at {count} requests", each, "1/s", "higher") for count, each in self.throughput_at.items()),
            ("MACs", self.gmacs, "G", "lower"),
            ("of peak throughput", share, "%", "higher"),
            ("parameters", None if self.parameters is None else self.parameters / 1e6, "M", "lower"),
            ("peak memory", self.peak_memory_mib, "MiB", "lower"), ("file", self.file_size_mib, "MiB", "lower"),
        ]  # fmt: skip
        return tuple(
            Row(name=name, value=value, unit=unit, better=better, subject=subject)
            for name, value, unit, better in numbers
            if value is not None
        )


def bench(
    predictor: NetworkPredictor,
    *,
    config: BenchConfig,
    model: DepthModel | None = None,
    threads: int | None = None,
    roof: PeakThroughput | None = None,
) -> BenchResult:
    """Measures a predictor. ``model`` gives MACs and parameters (files state them), ``roof`` the peak throughput."""
    size_hw = config.size_hw or predictor.input_spec.size_hw
    batch = config.batch or predictor.batch
    under = conditions(threads)
    memory = PeakMemory(predictor.device)
    network = _time(network_call(predictor, size_hw=size_hw, batch=batch), config)
    single = network if batch == 1 else _time(network_call(predictor, size_hw=size_hw), config)
    whole, before, after = _around(predictor, size_hw, config)
    cost = _cost(predictor, model, size_hw)
    gmacs = None if cost is None else cost.macs / 1e9
    least = None if roof is None or gmacs is None else roof.least_ms(gmacs=gmacs, precision=predictor.precision)
    return BenchResult(
        model=predictor.name,
        engine=predictor.engine,
        precision=predictor.precision,
        device=predictor.device,
        size_hw=size_hw,
        batch=batch,
        threads=threads,
        **vars(network),
        image_hw=config.image_hw or size_hw,
        preprocess_ms=before.median_ms,
        postprocess_ms=after.median_ms,
        fps=1000 / whole.median_ms,
        throughput=1000 * batch / network.median_ms,
        throughput_at={
            count: images_a_second(
                predictor, size_hw=size_hw, requests=count, batch=batch, runs=config.runs, seconds=config.seconds
            )
            for count in config.requests
        },
        predictor_median_ms=whole.median_ms,
        overhead_ms=whole.median_ms - single.median_ms,
        gmacs=gmacs,
        parameters=None if cost is None else cost.parameters,
        peak_memory_mib=memory.mib(),
        file_size_mib=file_size_mib(predictor.weights_file),
        protocol=config.protocol,
        conditions=under,
        roof_share=None if least is None else batch * least / network.median_ms,
        doubts=network.doubts(),
        layers=() if roof is None else _heaviest_layers(predictor, size_hw=size_hw, batch=batch),
    )


def _heaviest_layers(predictor: NetworkPredictor, *, size_hw: Size, batch: int) -> tuple[LayerTime, ...]:
    if predictor.layer_times is None or predictor.num_previous:
        return ()
    return heaviest(predictor.layer_times(np.zeros((batch, 3, *size_hw), dtype=np.float32)))


def network_call(predictor: NetworkPredictor, *, size_hw: Size, batch: int = 1) -> Callable[[], object]:
    """The network alone on several inputs in turn; returns when the result is in memory."""
    random = np.random.default_rng(0)
    inputs = [random.random((batch, 3, *size_hw), dtype=np.float32) for _ in range(_IMAGES)]
    calls = cycle([call_in_video(predictor, image) for image in inputs])
    return lambda: next(calls)()


def _around(predictor: NetworkPredictor, size_hw: Size, config: BenchConfig) -> tuple[Timing, Timing, Timing]:
    """The end-to-end call of an image, its preprocessing and its postprocessing."""
    image_hw = config.image_hw or size_hw
    image = np.random.default_rng(0).integers(0, 256, (*image_hw, 3), dtype=np.uint8)
    fixed = replace(predictor, input_spec=replace(predictor.input_spec, size_hw=tuple(size_hw), fixed=True))
    prepared = fixed.prepare(image)
    depth = np.zeros((1, *prepared.network_input.shape[2:]), dtype=np.float32)
    calls = (
        lambda: fixed(image),
        lambda: fixed.prepare(image),
        lambda: fixed.finish(prepared, depth),
    )
    whole, before, after = (_time(call, config) for call in calls)
    return whole, before, after


def _time(call: Callable[[], object], config: BenchConfig) -> Timing:
    return measure(call, warmup=config.warmup, runs=config.runs, seconds=config.seconds)


def _cost(predictor: NetworkPredictor, model: DepthModel | None, size_hw: Size) -> Cost | None:
    """The cost of the model at this size; for a file, the one it states."""
    if model is not None:
        return cost_of(model, size_hw=size_hw)
    stated = predictor.cost
    return stated if stated is not None and stated.size_hw == tuple(size_hw) else None
