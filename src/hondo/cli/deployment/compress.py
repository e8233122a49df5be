"""``hondo compress``: a model made smaller step by step, into a file that holds how."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import ModelArgument, WeightOptions, model_settings
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.compress.compressor import Images
    from hondo.models.base.depth_model import DepthModel
    from hondo.recipes.recipe import Recipe

COUNT = 16  # calibration images
NO_WEIGHTS = WeightOptions()


@dataclass(frozen=True, kw_only=True)
class CompressConfig:
    """Changes MODEL step by step; prints its cost after each, and what of the weights was kept or starts fresh."""

    model: ModelArgument
    """A name from `hondo models`, a run folder, or a .safetensors file; it is never overwritten."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The .safetensors file to write; the suffix may be left out."""
    steps: Annotated[str | None, shown_as("STEPS")] = None
    """What to do, in this order, e.g. "hooks=0,1 | heads=1 | prune=taylor:0.4 | distil | int8"; steps: see
    docs/compression.md. distil, qat and int8 need --data, with which each step also logs accuracy and latency."""
    method: Annotated[str | None, shown_as("NAME")] = None
    """One step by its name, with its value in --to."""
    to: Annotated[str | None, shown_as("VALUE")] = None
    """The value of --method, e.g. --method heads --to 6:norm."""
    calibration: Annotated[str | None, shown_as("SOURCE")] = None
    """A folder, glob or video of scenes like those the model will see, for steps that look at activations or
    gradients."""
    finetune: Annotated[str | None, shown_as("RECIPE")] = None
    """A recipe of `hondo train`: the result learns from the model as it was, on the recipe's data (e.g. distil)."""
    data: Annotated[str | None, shown_as("PATH")] = None
    """Images or videos of your scenes, or a folder with a manifest.csv (labels), for distil, qat, int8 and the accuracy
    of each step. With --finetune: where the recipe's data is."""
    only: Annotated[str | None, shown_as("NAME")] = None
    """With a manifest: only rows of this domain, or whose id starts so."""
    finetune_steps: Annotated[int | None, shown_as("N")] = None
    """With --finetune: optimiser steps. Default: the recipe's."""
    bench: Annotated[str | None, shown_as("ENGINE")] = None
    """Also measure the latency before and after on this engine: openvino, onnx or torch; netadapt measures there."""
    network: Annotated[WeightOptions, tyro.conf.OmitArgPrefixes] = NO_WEIGHTS


def run(config: CompressConfig) -> None:
    from hondo.recipes.compression.compress_file import compress_file
    from hondo.recipes.compression.pipeline_steps import is_pipeline

    steps = _steps(config)
    if is_pipeline(steps) or (config.data is not None and config.finetune is None):
        return _run_pipeline(config, steps)
    written = compress_file(
        config.model, steps, config.out, settings=model_settings(config.network), finetune=_recipe(config),
        images=None if config.calibration is None else lambda model: _images(config, model), bench_engine=config.bench,
        on_progress=lambda line: print(f"hondo: {line}", file=sys.stderr, flush=True),
    )  # fmt: skip
    print(written.to_markdown())
    print(f"{written.path}; use it as a model: hondo predict SOURCE --model {written.path} --out depth")


def _run_pipeline(config: CompressConfig, steps: str) -> None:
    """With data: each step logs what it did to accuracy and latency."""
    from hondo.recipes.compression.pipeline_steps import parse_pipeline
    from hondo.recipes.compression.run_pipeline import run_pipeline
    from hondo.recipes.fitting.fit_data import open_fit_data

    if config.data is None:
        raise HondoError("the steps distil, qat and int8 need images of your scenes: add --data PATH")
    if config.finetune is not None or config.bench is not None or config.finetune_steps is not None:
        raise HondoError("a pipeline with data learns by the steps distil and qat and measures itself: leave out "
                         "--finetune, --finetune-steps and --bench")  # fmt: skip
    parse_pipeline(steps)  # before data is read
    say = lambda line: print(f"hondo: {line}", file=sys.stderr, flush=True)  # noqa: E731
    found = run_pipeline(
        config.model, steps, config.out, data=open_fit_data(config.data, size_hw=None, only=config.only),
        settings=model_settings(config.network), say=say,
    )  # fmt: skip
    print(found.to_markdown())
    print(f"{found.path}; use it as a model: hondo predict SOURCE --model {found.path} --out depth")


def _steps(config: CompressConfig) -> str:
    """The text of --steps, or --method with its value as one step."""
    if (config.steps is None) == (config.method is None):
        raise HondoError('give --steps "NAME=VALUE | ..." or --method NAME --to VALUE, one of the two')
    if config.steps is not None:
        if config.to is not None:
            raise HondoError("--to is the value of --method; leave it out with --steps")
        return config.steps
    return f"{config.method}={config.to or ''}"


def _recipe(config: CompressConfig) -> "Recipe | None":
    if config.finetune is None:
        if config.finetune_steps is not None:
            raise HondoError("--finetune-steps is of --finetune RECIPE; give it, or leave it out")
        return None
    from hondo.recipes.compression.compress_file import with_data
    from hondo.recipes.registry import RECIPES

    return with_data(RECIPES[config.finetune](), config.data, steps=config.finetune_steps)


def _images(config: CompressConfig, model: "DepthModel") -> "Images":
    """Calibration images, resized and cropped to the model's input."""
    import torch

    from hondo.video.sources.sampling import read_calibration

    assert config.calibration is not None
    spec = model.input_spec
    calibration = read_calibration(config.calibration, spec=spec, size_hw=spec.size_hw, count=COUNT)
    return [torch.from_numpy(image) for image in calibration]
