"""``hondo fit``: the most accurate variant of a model that meets a frame rate on this machine."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import ModelArgument, SizeOption, WeightOptions, model_settings, parse_size
from hondo.recipes.fitting.fit_target import FitTarget, parse_budget

if TYPE_CHECKING:
    from hondo.recipes.fitting.fit_data import FitData

NO_WEIGHTS = WeightOptions()
EXIT_MISSED = 1


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """Searches input sizes, engines, precisions and steps of compression for the most accurate variant of MODEL that
    gives N images a second here; writes it with a plot, a table, and what was given up."""

    model: ModelArgument
    """A name from `hondo models`, a run folder, or a .safetensors file."""
    fps: Annotated[float, tyro.conf.arg(metavar="N")]
    """Images a second: the end-to-end call of one image, to its map at its size."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")]
    """The folder of the result; the same command goes on with a search that was stopped."""
    size: SizeOption = None
    max_memory: Annotated[float | None, shown_as("MB")] = None
    """The memory that a process which runs the file may hold at most."""
    max_file: Annotated[float | None, shown_as("MB")] = None
    """The size that the file may have at most."""
    device: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """As of `hondo bench`: auto, cpu, cuda, gpu, npu, ..."""
    threads: Annotated[int | None, shown_as("N")] = None
    """CPU threads of the engine. Default: the engine's choice."""
    keep: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME...")] = ()
    """What stays as it is: size, engine, precision, hooks, heads, attention, width, encoder, decoder, prune."""
    data: Annotated[str | None, shown_as("PATH")] = None
    """Images or videos of your scenes, or a folder with a manifest.csv (labels): variants are trained on them. Default:
    only what needs no training, measured against the model's own maps."""
    only: Annotated[str | None, shown_as("NAME")] = None
    """With a manifest: only rows of this domain, or whose id starts so."""
    budget: Annotated[str | None, shown_as("TIME")] = None
    """How long the search may take, e.g. 90s or 30m. Default: 75s; with --data 30m."""
    network: Annotated[WeightOptions, tyro.conf.OmitArgPrefixes] = NO_WEIGHTS


def run(config: FitConfig) -> int:
    from hondo.recipes.fitting.run_fit import fit_model

    target = FitTarget(
        fps=config.fps, size_hw=parse_size(config.size), max_memory_mb=config.max_memory, max_file_mb=config.max_file,
        device=config.device, threads=config.threads, keep=config.keep,
    )  # fmt: skip
    found = fit_model(
        config.model, target, out=config.out, settings=model_settings(config.network), data=_data(config, target),
        budget_s=None if config.budget is None else parse_budget(config.budget),
        say=lambda line: print(f"hondo: {line}", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(found.report.read_text())
    print(found.sentence)
    print(f"{found.winner.path}; plot: {config.out / 'pareto.html'}; table: {found.report}")
    print(f"use it as a model: hondo live webcam:0 --model {found.winner.path}")
    return EXIT_MISSED if found.winner.missed else 0


def _data(config: FitConfig, target: FitTarget) -> "FitData | None":
    if config.data is None:
        return None
    from hondo.recipes.fitting.fit_data import open_fit_data

    return open_fit_data(config.data, size_hw=target.size_hw, only=config.only)
