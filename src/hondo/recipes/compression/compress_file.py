"""Compresses a model by name into a file with its history: what ``hondo compress`` does."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hondo.compress.compressor import Images, Tools
from hondo.compress.steps import Stage, compress, parse_steps, stage_of
from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings, load, weights_file
from hondo.engines.registry import ENGINES
from hondo.evaluate.speed.comparison import LatencyComparison, alternate
from hondo.evaluate.speed.latency import network_call
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import own_header, save_model
from hondo.recipes.compression.layer_latency import with_measures
from hondo.recipes.compression.recover import recover
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.starting_weights import licence_of

SUFFIX = ".safetensors"
HISTORY = "compression"  # key of the training report in a file's header
RUNS, SECONDS = 30, 40.0  # of a latency comparison
MEASURED_ON = "openvino"  # where a step measures and no engine is named
ROUND = 0.2  # of a recipe's steps: the training between two rounds of a step


@dataclass(frozen=True, kw_only=True)
class CompressedFile:
    """What was written: the record of every step, and the latencies before and after where they were measured."""

    path: Path
    stages: tuple[Stage, ...]
    latency: LatencyComparison | None = None
    engine: str = ""

    def to_markdown(self) -> str:
        """One line a step: cost, and what became of the weights."""
        lines = ["| step | parameters | MACs | weights | input | of the weights |", "|---|---:|---:|---:|---|---|"]
        for stage in self.stages:
            cost = f"{stage.parameters / 1e6:.2f} M | {stage.macs / 1e9:.2f} G | {stage.bytes / 2**20:.1f} MiB"
            size = f"{stage.size_hw[0]}x{stage.size_hw[1]}"
            lines.append(f"| {stage.step.replace('|', ' ')} | {cost} | {size} | {stage.kept or ''} |")
        if self.latency is not None:
            lines += ["", self.latency.verdict(first="the model as it was", second="the compressed one")]
            lines[-1] += f" (engine {self.engine}, fp32)"
        return "\n".join(lines)


def compress_file(
    model: str,
    steps: str,
    out: Path,
    *,
    settings: ModelSettings | None = None,
    images: Callable[[DepthModel], Images] | None = None,
    finetune: Recipe | None = None,
    bench_engine: str | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> CompressedFile:
    """``steps`` on ``model``, a name, file or run folder, into ``out``; the input is never overwritten.

    ``images``: gives images at the model's size for steps that need some. ``finetune``: a recipe, by which the result
    learns from the model as it was, after the steps and, a fifth as long, between the rounds of iterative ones; its run
    lies beside ``out``. ``bench_engine``: measures latency on this engine.
    """
    asked, settings = parse_steps(steps), settings or ModelSettings()
    path = checked_out(out, model=model, settings=settings)
    if bench_engine is not None:
        ENGINES[bench_engine]  # refuses unknown names before anything is made
    before = settings.build(model)
    origin = ModelConfig(name=model, weights=None if settings.weights is None else str(settings.weights))
    licence, training = licence_of(origin), history_of(model, settings=settings) | {"compressed_from": model}
    tools = Tools(images=images(before) if images else (), on_progress=on_progress)
    tools, teacher = with_measures(tools, engine=bench_engine or MEASURED_ON), ""
    if finetune is not None:
        teacher = teacher_file(before, model, path=path, settings=settings, licence=licence)
        short = shortened(finetune)
        tools = replace(
            tools, retrain=lambda each: recover(each, short, teacher=teacher, origin=origin, out=None).model
        )
    made, stages = compress(before, asked, tools=tools, on_progress=on_progress)
    if finetune is not None:
        run_folder = path.with_name(f"{path.stem}-finetune")
        trained = recover(made, finetune, teacher=teacher, origin=origin, out=run_folder)
        made, licence = trained.model, trained.licence
        rows = {row.name: row.value for row in trained.report.rows}
        stages = (*stages, stage_of(made, f"finetune={finetune.name}, {rows['steps']:.0f} steps"))
        training |= {"finetune": {"recipe": finetune.name, "recipe_hash": trained.report.recipe_hash} | rows}
    training[HISTORY] = [*training.get(HISTORY, []), *map(asdict, stages)]
    save_model(made, path, licence=licence, training=training)
    latency = None if bench_engine is None else compared(before, made, engine=bench_engine)
    return CompressedFile(path=path, stages=stages, latency=latency, engine=bench_engine or "")


def checked_out(out: Path, *, model: str, settings: ModelSettings) -> Path:
    """The file to write, with its suffix; refuses the input itself, a file of another kind and one within its run."""
    path = out if out.suffix else out.with_suffix(SUFFIX)
    if path.suffix != SUFFIX:
        raise HondoError(f"compression writes {SUFFIX} files, got {path}; export that file afterwards", field="out")
    sources = {Path(model), *filter(None, [weights_file(model, settings.weights, settings.options)])}
    resolved = path.resolve()
    if any(resolved == each.resolve() or each.resolve() in resolved.parents for each in sources if each.exists()):
        raise HondoError(f"{path} is the model itself; give another file, it is never overwritten", field="out")
    return path


def history_of(model: str, *, settings: ModelSettings) -> dict[str, Any]:
    """The training report that the model's own file holds; empty for files of others and fresh weights."""
    file = None if settings.weights == "random" else weights_file(model, settings.weights, settings.options)
    header = own_header(file) if file is not None and file.is_file() else None
    return {} if header is None else dict(header.training)


def teacher_file(model: DepthModel, name: str, *, path: Path, settings: ModelSettings, licence: str) -> str:
    """A file of the untouched model: its own, or one that is written beside ``path``."""
    if Path(name).suffix == SUFFIX and not settings.options:
        return name
    return str(save_model(model, path.with_name(f"{path.stem}-teacher{SUFFIX}"), licence=licence, training={}))


def compared(before: DepthModel, after: DepthModel, *, engine: str) -> LatencyComparison:
    """The latency of both on ``engine``, each at its own input size, called in turns."""
    calls = [
        network_call(load(each, engine=engine, precision="fp32"), size_hw=each.input_spec.size_hw)
        for each in (before, after)
    ]
    return alternate(*calls, warmup=2, runs=RUNS, seconds=SECONDS)


def shortened(recipe: Recipe) -> Recipe:
    """The recipe for the training between two rounds of a step."""
    steps = max(1, round(ROUND * recipe.optim.max_steps))
    return replace(recipe, optim=replace(recipe.optim, max_steps=steps))


def with_data(recipe: Recipe, data: str | None, *, steps: int | None = None) -> Recipe:
    """The recipe reading from ``data``, for ``steps`` optimiser steps; None leaves what it says."""
    if data is not None:
        if not hasattr(recipe.data, "root"):
            raise HondoError(f"recipe '{recipe.name}' makes its own data; leave out data", field="data")
        recipe = replace(recipe, data=replace(recipe.data, root=data))
    return recipe if steps is None else replace(recipe, optim=replace(recipe.optim, max_steps=steps))
