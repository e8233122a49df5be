"""``hondo bench``: how fast models are on this machine, as a table and JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options import NO_OPTIONS, SharedModelOptions, parse_options, parse_size
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.evaluate.latency import BenchResult
    from hondo.evaluate.machine import Roof


@dataclass(frozen=True, kw_only=True)
class BenchCommand:
    """Measures latency, throughput, FPS, MACs, parameters, peak memory and file size of models."""

    models: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="MODEL...")] = ()
    """Names from `hondo models`, run folders, or files (.safetensors, .onnx, .xml)."""
    size: str | None = None
    """Network input HxW; default: each model's own."""
    engine: str = "auto"
    """auto, pytorch, onnx_runtime or openvino_ir."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N."""
    precision: str = "fp32"
    """fp32, fp16 or bf16."""
    batch: int = 1
    """Pictures at once, for the network alone."""
    threads: int | None = None
    """CPU threads of the engine; default: its own choice."""
    warmup: int = 10
    """Untimed calls before."""
    runs: int = 100
    """Timed calls (fewer, at least 10, where they would take over 20 s)."""
    roof: bool = False
    """Also measure what this machine can do at best."""
    json: Path | None = None
    """Write the results to this file."""
    model_options: SharedModelOptions = NO_OPTIONS


def run(command: BenchCommand) -> None:
    from hondo.core.report import Report
    from hondo.evaluate.latency import BenchConfig
    from hondo.evaluate.machine import measure_roof

    if not command.models:
        raise HondoError("no MODEL given; name one from: hondo models")
    size_hw = parse_size(command.size)
    config = BenchConfig(size_hw=size_hw, batch=command.batch, warmup=command.warmup, runs=command.runs)
    results = [_bench(name, command=command, config=config) for name in command.models]
    roof = measure_roof() if command.roof else None
    report = Report(
        title="Speed on this machine",
        rows=tuple(row for result in results for row in result.rows()),
        notes=_notes(results, roof),
    )
    print(report.to_markdown())
    if command.json is not None:
        stored = {"results": [asdict(result) for result in results], "roof": None if roof is None else asdict(roof)}
        _write_json(command.json, stored | {"report": json.loads(report.to_json())})


def _bench(name: str, *, command: BenchCommand, config) -> "BenchResult":
    from dataclasses import replace

    from hondo.engines.load import build_depth_model, is_exported, load, weights_file
    from hondo.evaluate.latency import bench

    weights, options = command.model_options.weights, parse_options(command.model_options.option)
    how = {
        "engine": command.engine, "device": command.device, "precision": command.precision,
        "size_hw": config.size_hw, "threads": command.threads,
    }  # fmt: skip
    if is_exported(name):
        return bench(load(name, weights, **how, **options), config=config, threads=command.threads)
    model = build_depth_model(name, weights=weights, options=options)
    predictor = replace(load(model, **how), weights_file=weights_file(name, weights))
    return bench(predictor, config=config, model=model, threads=command.threads)


def _notes(results: "Sequence[BenchResult]", roof: "Roof | None") -> tuple[str, ...]:
    times = "median, p95, min, throughput: the network alone; whole call, FPS: a picture of that size to its map"
    if roof is None:
        return (times,)
    rates = f"{roof.gmacs_per_s:.0f} GMAC/s fp32, {roof.bf16_gmacs_per_s:.0f} bf16, {roof.gigabytes_per_s:.1f} GB/s"
    known = [(result, result.gmacs) for result in results if result.gmacs is not None]
    least = [
        f"{result.model} in {result.precision} takes at least "
        f"{roof.least_ms(gmacs=gmacs, precision=result.precision):.2f} ms"
        for result, gmacs in known
    ]
    return (times, "; ".join([f"this machine at best: {rates}", *least]))


def _write_json(path: Path, stored: object) -> None:
    from hondo.core.atomic import atomic_write

    atomic_write(path, json.dumps(stored, indent=1).encode())
