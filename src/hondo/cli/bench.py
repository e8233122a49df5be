"""``hondo bench``: how fast models are on this machine, and which of two is faster, as a table and JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hondo.cli.options import NO_OPTIONS, SharedModelOptions, parse_options, parse_size
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.engines.base.predictor import NetworkPredictor
    from hondo.evaluate.speed.comparison import Versus
    from hondo.evaluate.speed.latency import BenchConfig, BenchResult
    from hondo.evaluate.speed.peak import Roof
    from hondo.models.base.depth_model import DepthModel

EXIT_INCONCLUSIVE = 3


@dataclass(frozen=True, kw_only=True)
class BenchCommand:
    """Measures latency, throughput, FPS, MACs, parameters, peak memory and file size of models.

    Exits with 3 where the machine was too restless for a conclusion; the results are printed and stored all the same.
    """

    models: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="MODEL...")] = ()
    """Names from `hondo models`, run folders, or files (.safetensors, .onnx, .xml, .pt2, .pte); each may end in
    @ENGINE or @ENGINE:PRECISION, e.g. hondo-nano@openvino:bf16."""
    size: str | None = None
    """Network input HxW; default: each model's own."""
    picture: str | None = None
    """Camera image HxW, for what comes before and after the network; default: of the network's size."""
    engine: str = "auto"
    """auto, pytorch, onnx_runtime, openvino_ir, torch_compile or executorch_pte; files have theirs."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N; OpenVINO's gpu, npu; ONNX Runtime's tensorrt, coreml, ..."""
    precision: str = "fp32"
    """fp32, fp16, bf16, int8-dynamic or int8-weights, as the engine offers; a file keeps the one it was exported in."""
    batch: int = 1
    """Images at once, for the network alone."""
    threads: int | None = None
    """CPU threads of the engine; default: its own choice."""
    warmup: int = 10
    """Untimed calls before, at least; more until the times settle."""
    runs: int = 100
    """Timed calls (fewer, at least 10, where they would take over 20 s)."""
    protocol: str | None = None
    """A published way to measure; dpt400: mean of 400 images of 384x384, one at a time."""
    ab: bool = False
    """Compare two MODELs: called in turn, the ratio of their times with its interval."""
    roof: bool = True
    """Measure what this machine can do at best, and say how near each model comes."""
    force: bool = False
    """Exit with 0 even where the machine was too restless for a conclusion."""
    json: Path | None = None
    """Write the results to this file."""
    model_options: SharedModelOptions = NO_OPTIONS


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing to measure: its label, how it runs, and the model where there is one in memory."""

    label: str
    predictor: "NetworkPredictor"
    model: "DepthModel | None"


def run(command: BenchCommand) -> int:
    from hondo.core.report import Report
    from hondo.evaluate.speed.latency import bench
    from hondo.evaluate.speed.peak import measure_roof

    _check(command)
    config = _config(command)
    subjects = [open_subject(text, command=command, config=config) for text in command.models]
    roof = measure_roof(device=_roof_device(subjects), threads=command.threads) if command.roof else None
    results = [
        bench(one.predictor, config=config, model=one.model, threads=command.threads, roof=roof) for one in subjects
    ]
    versus = _alternate(subjects, config) if command.ab else None
    rows = tuple(row for result in results for row in result.rows())
    report = Report(title="Speed on this machine", rows=rows, notes=_notes(results, roof), protocol=config.protocol)
    print(report.to_markdown())
    if versus is not None:
        print(f"- {versus.verdict(first=subjects[0].label, second=subjects[1].label)}")
    if command.json is not None:
        stored = {
            "results": [asdict(result) for result in results],
            "roof": None if roof is None else asdict(roof),
            "versus": None if versus is None else asdict(versus),
        }
        _write_json(command.json, stored | {"report": json.loads(report.to_json())})
    return _conclude(results, versus=versus, force=command.force)


def _check(command: BenchCommand) -> None:
    if not command.models:
        raise HondoError("no MODEL given; name one from: hondo models")
    if command.ab and len(command.models) != 2:
        raise HondoError(f"--ab compares two MODELs, got {len(command.models)}; e.g. hondo-nano hondo-nano@pytorch")


def _config(command: BenchCommand) -> "BenchConfig":
    from hondo.evaluate.speed.latency import BenchConfig, protocol_config

    if command.protocol is None:
        size_hw = parse_size(command.size)
        image_hw = parse_size(command.picture, option="--picture")
        return BenchConfig(
            size_hw=size_hw, image_hw=image_hw, batch=command.batch, warmup=command.warmup, runs=command.runs
        )
    config = protocol_config(command.protocol, warmup=command.warmup)
    if command.size is not None or command.picture is not None or command.batch != 1:
        raise HondoError(f"--protocol {command.protocol} fixes sizes and batch; leave out --size, --image and --batch")
    return config


def split_subject(text: str) -> tuple[str, str | None, str | None]:
    """MODEL[@ENGINE[:PRECISION]] -> its three parts; an @ that no engine follows belongs to the name."""
    from hondo.engines.registry import ENGINES, engine_name

    name, at, rest = text.rpartition("@")
    engine, _, precision = rest.partition(":")
    if not at or engine_name(engine) not in ENGINES:
        return text, None, None
    return name, engine, precision or None


def open_subject(text: str, *, command: BenchCommand, config: "BenchConfig") -> Subject:
    from dataclasses import replace

    from hondo.engines.load import build_depth_model, is_exported, load, weights_file

    name, engine, precision = split_subject(text)
    weights, options = command.model_options.weights, parse_options(command.model_options.option)
    how: dict[str, Any] = {
        "engine": engine or command.engine, "device": command.device, "precision": precision or command.precision,
        "size_hw": config.size_hw, "threads": command.threads,
    }  # fmt: skip
    if is_exported(name):
        return Subject(label=text, predictor=load(name, weights, **how, **options), model=None)
    model = build_depth_model(name, weights=weights, options=options)
    predictor = replace(load(model, **how), weights_file=weights_file(name, weights))
    return Subject(label=text, predictor=predictor, model=model)


def _roof_device(subjects: Sequence[Subject]) -> str:
    device = subjects[0].predictor.device
    return device if device.startswith("cuda") else "cpu"


def _alternate(subjects: Sequence[Subject], config: "BenchConfig") -> "Versus":
    from hondo.evaluate.speed.comparison import alternate
    from hondo.evaluate.speed.latency import network_call

    calls = [
        network_call(one.predictor, size_hw=config.size_hw or one.predictor.input_spec.size_hw, batch=config.batch)
        for one in subjects
    ]
    return alternate(calls[0], calls[1], warmup=config.warmup, runs=config.runs)


def _notes(results: "Sequence[BenchResult]", roof: "Roof | None") -> tuple[str, ...]:
    first = results[0]
    of = "the network's size" if first.image_hw == first.size_hw else "{}x{}".format(*first.image_hw)
    times = (
        "median with its 95 % interval, p95, min, throughput: the network alone; before, after: the image's way in "
        f"and the map's way out; whole call, FPS: an image of {of} to its map"
    )
    under = str(first.conditions)
    if roof is None:
        return (times, under)
    int8 = "" if roof.int8_gmacs_per_s is None else f", {roof.int8_gmacs_per_s:.0f} int8"
    rates = f"{roof.gmacs_per_s:.0f} GMAC/s fp32, {roof.bf16_gmacs_per_s:.0f} bf16{int8}"
    return (times, under, f"this machine at best (the roof): {rates}, {roof.gigabytes_per_s:.1f} GB/s")


def _conclude(results: "Sequence[BenchResult]", *, versus: "Versus | None", force: bool) -> int:
    """Says what speaks against a conclusion; an A/B run is judged by its ratio alone."""
    if versus is not None:
        doubts = list(versus.doubts())
    else:
        doubts = [f"{one.model} {one.engine}: {doubt}" for one in results for doubt in one.doubts]
    for doubt in doubts:
        print(f"hondo: no conclusion: {doubt}", file=sys.stderr)
    if doubts and not force:
        print("hondo: wait for a quiet machine or give more --runs; --force takes it as it is", file=sys.stderr)
        return EXIT_INCONCLUSIVE
    return 0


def _write_json(path: Path, stored: object) -> None:
    from hondo.core.atomic import atomic_write

    atomic_write(path, json.dumps(stored, indent=1).encode())
