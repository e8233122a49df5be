"""``hondo bench``: how fast models are on this machine, and which of two is faster, as a table and JSON."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.early_checks import check_model
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import NO_OPTIONS, SharedModelOptions, model_settings, parse_size
from hondo.cli.options.report_table import print_report, print_table

if TYPE_CHECKING:
    from hondo.evaluate.speed.bench_models import SpeedResults
    from hondo.evaluate.speed.latency import BenchConfig

EXIT_INCONCLUSIVE = 3


@dataclass(frozen=True, kw_only=True)
class BenchCommand:
    """Measures latency, throughput, FPS, MACs, parameters, peak memory and file size of models.

    Exits with 3 where the machine was too noisy for a conclusion; the results are printed and stored all the same.
    """

    models: Annotated[tyro.conf.Positional[tuple[str, ...]], shown_as("MODEL...")] = ()
    """Names from `hondo models`, run folders, or files (.safetensors, .onnx, .xml, .pt2, .engine, .pte); each may end
    in @ENGINE or @ENGINE:PRECISION, e.g. hondo-nano@openvino:bf16. `attention [NAME...]` measures kinds of attention
    against the number of tokens instead."""
    picture: Annotated[str | None, shown_as("HxW")] = None
    """Size of the camera's image, for the time before and after the network. Default: the network's size."""
    batch: Annotated[int | None, shown_as("N")] = None
    """Images at once, for the network alone. Default: what a file was exported for, else 1."""
    requests: Annotated[tuple[int, ...], tyro.conf.arg(metavar="N...")] = ()
    """Also images a second with so many requests begun at once, as a server runs them, e.g. --requests 2 4."""
    warmup: Annotated[int, tyro.conf.arg(metavar="N")] = 10
    """Untimed calls first, at least; more until the times are stable."""
    runs: Annotated[int, tyro.conf.arg(metavar="N")] = 100
    """Timed calls (fewer, at least 10, where they would take over 20 s)."""
    protocol: Annotated[str | None, shown_as("NAME")] = None
    """A published way to measure. dpt400: the mean of 400 images of 384x384, one at a time."""
    ab: bool = False
    """Alternate two MODELs; report the latency ratio with a 95 % confidence interval."""
    roof: bool = True
    """Measure the peak throughput of this machine with the best kernel installed, and how near each model comes to it;
    name the instruction sets, and the kernels of each model's five heaviest layers."""
    force: bool = False
    """Exit with 0 even where the machine was too noisy for a conclusion."""
    json: Path | None = None
    """Write the results to this file."""
    markdown: Annotated[Path | None, shown_as("FILE")] = None
    """Write the tables to this file, as Markdown."""
    figures: Annotated[Path | None, shown_as("FOLDER")] = None
    """Write a figure of `attention` here, as PNG and SVG."""
    network: SharedModelOptions = NO_OPTIONS


def run(command: BenchCommand) -> int:
    if command.models[:1] == ("attention",):
        return _bench_attention(command)
    for model in command.models:
        check_model(model)
    from hondo.core.atomic import atomic_write
    from hondo.evaluate.speed.bench_models import bench_models, layer_table

    settings, config = model_settings(command.network, models=_with_weights(command)), _config(command)
    speed = bench_models(command.models, settings=settings, config=config, compare=command.ab, peak=command.roof)
    print_report(speed.report(), command="bench")
    for result in speed.results:
        if result.layers:
            print_table(layer_table(result))
    if command.ab:
        print(f"- {speed.verdict()}")
    if command.json is not None:
        atomic_write(command.json, speed.to_json().encode())
    if command.markdown is not None:
        atomic_write(command.markdown, speed.to_markdown().encode())
    return _conclude(speed, force=command.force)


def _with_weights(command: BenchCommand) -> tuple[str, ...]:
    """The models whose published weights are wanted: speed needs none."""
    from hondo.evaluate.speed.bench_models import split_model

    return tuple(split_model(text)[0] for text in command.models) if command.network.weights else ()


def _bench_attention(command: BenchCommand) -> int:
    from hondo.core.atomic import atomic_write
    from hondo.evaluate.speed.attention_cost import attention_costs, report
    from hondo.nn.attention.registry import ATTENTION

    costs = attention_costs(
        command.models[1:] or tuple(ATTENTION), on_progress=lambda line: print(line, file=sys.stderr)
    )
    found = report(costs)
    print_report(found, command="bench")
    if command.json is not None:
        atomic_write(command.json, found.to_json().encode())
    if command.markdown is not None:
        atomic_write(command.markdown, found.to_markdown().encode())
    if command.figures is not None:
        from hondo.evaluate.figures.draw_attention import draw_attention

        print(draw_attention(costs, command.figures))
    return 0


def _config(command: BenchCommand) -> "BenchConfig":
    from hondo.evaluate.speed.bench_models import bench_config

    return bench_config(
        protocol=command.protocol,
        size_hw=parse_size(command.network.size),
        image_hw=parse_size(command.picture, option="--picture"),
        batch=command.batch,
        warmup=command.warmup,
        runs=command.runs,
        requests=command.requests,
    )


def _conclude(speed: "SpeedResults", *, force: bool) -> int:
    """Prints what speaks against a conclusion."""
    doubts = speed.doubts()
    for doubt in doubts:
        print(f"hondo: no conclusion: {doubt}", file=sys.stderr)
    if doubts and not force:
        print("hondo: wait for a quiet machine or give more --runs; --force takes it as it is", file=sys.stderr)
        return EXIT_INCONCLUSIVE
    return 0
