"""Under what a measurement was made: threads, the cores that may be used, how busy the machine was."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from hondo.core.errors import HondoError, unknown
from hondo.core.report import Row
from hondo.core.types import Size
from hondo.engines.base.metadata import Cost, cost_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.tracing.graph_inputs import call_in_video
from hondo.evaluate.speed.memory import PeakMemory, file_size_mib
from hondo.evaluate.speed.noise import Noise
from hondo.evaluate.speed.peak import Roof
from hondo.evaluate.speed.timing import Timing, measure
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """``threads``: what was asked for, None for the engine's own choice. ``load``: of the minute before (Unix)."""

    threads: int | None
    torch_threads: int
    affinity: tuple[int, ...]
    load: float | None

    def __str__(self) -> str:
        threads = f"threads {self.threads or 'as the engine chooses'} (torch {self.torch_threads})"
        cores = f"cores {','.join(map(str, self.affinity))}" if self.affinity else "any core"
        return f"{threads}, {cores}" + ("" if self.load is None else f", load {self.load:.1f} before")


def conditions(threads: int | None = None) -> Conditions:
    """Those of this moment."""
    import torch

    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Conditions(threads=threads, torch_threads=torch.get_num_threads(), affinity=affinity, load=load)


_IMAGES = 8  # different ones, taken in turn: no cache of any kind sees the same image twice in a row


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """How to measure: what goes in, and how often. ``seconds`` ends a measurement early once there are 10 runs."""

    size_hw: Size | None = None  # network input; None: the model's own
    image_hw: Size | None = None  # of the camera, for the whole call; None: of that size, so that nothing is resized
    batch: int = 1
    warmup: int = 10
    runs: int = 100
    seconds: float = 20.0
    protocol: str = ""  # the name of a published way to measure, which fixes the numbers above

    def __post_init__(self) -> None:
        if self.batch < 1 or self.runs < 1 or self.warmup < 0:
            raise HondoError(
                f"batch {self.batch} and runs {self.runs} must be at least 1, warmup {self.warmup} at least 0"
            )


# dpt400: 400 images of 384x384 one at a time, and the mean of their times.
PROTOCOLS = {"dpt400": BenchConfig(size_hw=(384, 384), batch=1, runs=400, seconds=float("inf"), protocol="dpt400")}


def protocol_config(name: str, *, warmup: int) -> BenchConfig:
    """What a protocol of that name measures."""
    if name not in PROTOCOLS:
        raise unknown("protocol of bench", name, PROTOCOLS)
    return replace(PROTOCOLS[name], warmup=warmup)


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """What a user asks of a model on a device. None: not known for this file or engine."""

    model: str
    engine: str
    precision: str
    device: str
    size_hw: Size
    batch: int
    threads: int | None
    median_ms: float  # the network alone, one batch
    low_ms: float  # of the 95 % interval of the median
    high_ms: float
    p95_ms: float
    min_ms: float
    mean_ms: float
    runs: int
    noise: Noise
    image_hw: Size  # what the whole call is given
    preprocess_ms: float  # such an image to network input
    postprocess_ms: float  # the network's map to the image's size
    fps: float  # images a second of the whole call, one by one: image in, map at the image's size out
    throughput: float  # images a second of the network alone, in batches
    predictor_median_ms: float  # the whole call
    overhead_ms: float  # the whole call less the network, batch 1
    gmacs: float | None
    parameters: int | None
    peak_memory_mib: float | None  # of the process with everything in it; of the GPU on CUDA
    file_size_mib: float | None
    protocol: str
    conditions: Conditions
    roof_share: float | None  # the least time that the machine's arithmetic allows, as a share of the median
    doubts: tuple[str, ...]  # why no conclusion should be drawn; empty where the machine was quiet

    def rows(self) -> tuple[Row, ...]:
        """The result as report rows."""
        subject = f"{self.model} {self.engine} {self.precision} {self.size_hw[0]}x{self.size_hw[1]}"
        share = None if self.roof_share is None else 100 * self.roof_share
        numbers = [
            ("median", self.median_ms, "ms", "lower"), ("95 % low", self.low_ms, "ms", "lower"),
            ("95 % high", self.high_ms, "ms", "lower"), ("p95", self.p95_ms, "ms", "lower"),
            ("min", self.min_ms, "ms", "lower"), ("mean", self.mean_ms if self.protocol else None, "ms", "lower"),
            ("before", self.preprocess_ms, "ms", "lower"), ("after", self.postprocess_ms, "ms", "lower"),
            ("whole call", self.predictor_median_ms, "ms", "lower"), ("FPS", self.fps, "1/s", "higher"),
            ("throughput", self.throughput, "1/s", "higher"), ("MACs", self.gmacs, "G", "lower"),
            ("of the roof", share, "%", "higher"),
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
    roof: Roof | None = None,
) -> BenchResult:
    """Measures a predictor; ``model``, where it is no file, tells MACs and parameters, ``roof`` what is possible."""
    size_hw = config.size_hw or predictor.input_spec.size_hw
    under = conditions(threads)
    memory = PeakMemory(predictor.device)
    network = _time(network_call(predictor, size_hw=size_hw, batch=config.batch), config)
    single = network if config.batch == 1 else _time(network_call(predictor, size_hw=size_hw), config)
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
        batch=config.batch,
        threads=threads,
        **vars(network),
        image_hw=config.image_hw or size_hw,
        preprocess_ms=before.median_ms,
        postprocess_ms=after.median_ms,
        fps=1000 / whole.median_ms,
        throughput=1000 * config.batch / network.median_ms,
        predictor_median_ms=whole.median_ms,
        overhead_ms=whole.median_ms - single.median_ms,
        gmacs=gmacs,
        parameters=None if cost is None else cost.parameters,
        peak_memory_mib=memory.mib(),
        file_size_mib=file_size_mib(predictor.weights_file),
        protocol=config.protocol,
        conditions=under,
        roof_share=None if least is None else config.batch * least / network.median_ms,
        doubts=network.doubts(),
    )


def network_call(predictor: NetworkPredictor, *, size_hw: Size, batch: int = 1) -> Callable[[], object]:
    """The network alone, on a few different inputs in turn. Its result lies in memory when it returns: synchronised."""
    random = np.random.default_rng(0)
    inputs = [random.random((batch, 3, *size_hw), dtype=np.float32) for _ in range(_IMAGES)]
    calls = cycle([call_in_video(predictor, image) for image in inputs])
    return lambda: next(calls)()


def _around(predictor: NetworkPredictor, size_hw: Size, config: BenchConfig) -> tuple[Timing, Timing, Timing]:
    """The whole call of an image, and what comes before and after the network in it."""
    image_hw = config.image_hw or size_hw
    image = np.random.default_rng(0).integers(0, 256, (*image_hw, 3), dtype=np.uint8)
    fixed = replace(predictor, input_spec=replace(predictor.input_spec, size_hw=tuple(size_hw), fixed=True))
    prepared = fixed.prepare(image)
    depth = np.zeros(prepared.network_input.shape[2:], dtype=np.float32)
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
    """Of the model, or what a file says of the one that it was made from, at this size."""
    if model is not None:
        return cost_of(model, size_hw=size_hw)
    stated = predictor.cost
    return stated if stated is not None and stated.size_hw == tuple(size_hw) else None
