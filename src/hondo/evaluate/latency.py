"""How fast a model is on this machine: latency of the network and of the whole call, throughput, memory, size."""

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError
from hondo.core.report import Row
from hondo.core.types import Size
from hondo.engines.predictor import NetworkPredictor
from hondo.models.depth import DepthModel

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Times of repeated calls, in milliseconds."""

    median_ms: float
    p95_ms: float
    min_ms: float
    mean_ms: float
    runs: int


@dataclass(frozen=True, kw_only=True)
class BenchConfig:
    """How to measure: what goes in, and how often. ``seconds`` ends a measurement early once there are 10 runs."""

    size_hw: Size | None = None  # network input; None: the model's own
    batch: int = 1
    warmup: int = 10
    runs: int = 100
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.batch < 1 or self.runs < 1 or self.warmup < 0:
            raise HondoError(
                f"batch {self.batch} and runs {self.runs} must be at least 1, warmup {self.warmup} at least 0"
            )


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
    p95_ms: float
    min_ms: float
    mean_ms: float
    runs: int
    fps: float  # pictures a second of the whole call, one by one: picture in, map at the picture's size out
    throughput: float  # pictures a second of the network alone, in batches
    predictor_median_ms: float  # the whole call
    overhead_ms: float  # the whole call less the network, batch 1
    gmacs: float | None
    parameters: int | None
    peak_memory_mib: float | None  # of the process with everything in it; of the GPU on CUDA
    file_size_mib: float | None

    def rows(self) -> tuple[Row, ...]:
        """The result as report rows."""
        subject = f"{self.model} {self.engine} {self.precision} {self.size_hw[0]}x{self.size_hw[1]}"
        numbers = [
            ("median", self.median_ms, "ms", "lower"), ("p95", self.p95_ms, "ms", "lower"),
            ("min", self.min_ms, "ms", "lower"),
            ("whole call", self.predictor_median_ms, "ms", "lower"), ("FPS", self.fps, "1/s", "higher"),
            ("throughput", self.throughput, "1/s", "higher"), ("MACs", self.gmacs, "G", "lower"),
            ("parameters", None if self.parameters is None else self.parameters / 1e6, "M", "lower"),
            ("peak memory", self.peak_memory_mib, "MiB", "lower"), ("file", self.file_size_mib, "MiB", "lower"),
        ]  # fmt: skip
        return tuple(
            Row(name=name, value=value, unit=unit, better=better, subject=subject)
            for name, value, unit, better in numbers
            if value is not None
        )


def measure(call: Callable[[], object], *, warmup: int, runs: int, seconds: float = 20.0) -> Timing:
    """Times ``runs`` calls after ``warmup`` untimed ones; fewer (at least 10) where that takes over ``seconds``."""
    for _ in range(warmup):
        call()
    times, end = [], time.perf_counter() + seconds
    while len(times) < runs and (len(times) < 10 or time.perf_counter() < end):
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    median, p95 = np.percentile(times, [50, 95])
    return Timing(
        median_ms=float(median), p95_ms=float(p95), min_ms=min(times), mean_ms=float(np.mean(times)), runs=len(times)
    )


def bench(
    predictor: NetworkPredictor, *, config: BenchConfig, model: DepthModel | None = None, threads: int | None = None
) -> BenchResult:
    """Measures a predictor; ``model``, where there is one, tells MACs and parameters."""
    size_hw = config.size_hw or predictor.input_spec.size_hw
    random = np.random.default_rng(0)
    inputs = random.random((config.batch, 3, *size_hw), dtype=np.float32)
    picture = random.integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    how = {"warmup": config.warmup, "runs": config.runs, "seconds": config.seconds}
    memory = PeakMemory(predictor.device)
    network = measure(lambda: predictor.run(inputs), **how)
    whole = measure(lambda: predictor(picture), **how)
    single = network if config.batch == 1 else measure(lambda: predictor.run(inputs[:1]), **how)
    return BenchResult(
        model=predictor.name,
        engine=predictor.engine,
        precision=predictor.precision,
        device=predictor.device,
        size_hw=size_hw,
        batch=config.batch,
        threads=threads,
        **vars(network),
        fps=1000 / whole.median_ms,
        throughput=1000 * config.batch / network.median_ms,
        predictor_median_ms=whole.median_ms,
        overhead_ms=whole.median_ms - single.median_ms,
        gmacs=None if model is None else _macs(model, size_hw) / 1e9,
        parameters=None if model is None else sum(parameter.numel() for parameter in model.parameters()),
        peak_memory_mib=memory.mib(),
        file_size_mib=file_size_mib(predictor.weights_file),
    )


def file_size_mib(path: Path | None) -> float | None:
    """The size of a model's file; an OpenVINO .xml counts with its .bin."""
    if path is None:
        return None
    parts = {path, path.with_suffix(".bin")} if path.suffix == ".xml" else {path}
    return sum(part.stat().st_size for part in parts) / MIB


class PeakMemory:
    """The most memory held since this was made: of the GPU on CUDA, else resident memory of the process (Linux)."""

    def __init__(self, device: str) -> None:
        self._on_cuda = device.startswith("cuda")
        if self._on_cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
        else:
            _forget_peak()

    def mib(self) -> float:
        if self._on_cuda:
            import torch

            return torch.cuda.max_memory_allocated() / MIB
        status = Path("/proc/self/status")
        if status.exists():
            peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return int(peak.split()[1]) / 1024
        unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def _forget_peak() -> None:
    """Sets Linux's high-water mark back to what is held now; where that is not allowed it stays the whole past's."""
    reset = Path("/proc/self/clear_refs")
    if os.access(reset, os.W_OK):
        try:
            reset.write_text("5")
        except OSError:
            return


def _macs(model: DepthModel, size_hw: Size) -> int:
    from hondo.models.macs import count_macs

    return count_macs(model, size_hw=size_hw)
