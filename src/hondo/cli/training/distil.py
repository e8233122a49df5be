"""``hondo distil``: a small model learns from a large one on images or videos without labels."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import SizeOption, WeightOptions, model_settings, parse_pairs, parse_size
from hondo.cli.options.report_table import print_report

NO_WEIGHTS = WeightOptions()


@dataclass(frozen=True, kw_only=True)
class DistilConfig:
    """The student learns the depth that the teachers see in images or videos of your own place, without labels."""

    teacher: Annotated[tuple[str, ...], tyro.conf.arg(metavar="MODEL...")]
    """One or several names, run folders or files: their maps are averaged. Published weights are fetched once."""
    student: Annotated[str, tyro.conf.arg(metavar="MODEL")]
    """A name, a run folder or a .safetensors file; it is not changed."""
    data: Annotated[str, tyro.conf.arg(metavar="SOURCE")]
    """Images, videos, or folders of them."""
    out: Annotated[Path, tyro.conf.arg(metavar="RUN")]
    """The folder of the run, which is a model too."""
    flip: bool = True
    """Average each teacher's map with that of the mirrored image."""
    size: SizeOption = None
    teacher_size: Annotated[str | None, shown_as("HxW")] = None
    """The size at which teachers see the images, e.g. 518x518. Default: the student's."""
    terms: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="NAME=WEIGHT")] = ()
    """Losses: distil_log, distil_ssi, distil_gradient, distil_feature, distil_attention; may be repeated. Default:
    distil_log=1 and distil_gradient=0.5; for relative depth distil_ssi=1."""
    steps: Annotated[int, tyro.conf.arg(metavar="N")] = 2000
    """Optimiser steps."""
    seconds: Annotated[float | None, shown_as("S")] = None
    """End after this training time."""
    lr: float = 2e-4
    """Learning rate."""
    batch: int = 4
    """Images a step."""
    resume: bool = False
    """Go on with the run in --out."""
    network: Annotated[WeightOptions, tyro.conf.OmitArgPrefixes] = NO_WEIGHTS


def run(config: DistilConfig) -> None:
    from hondo.recipes.compression.distil_run import DistilPlan, distil_models

    terms = {name: float(value) for name, value in parse_pairs(config.terms, option="--terms").items()}
    plan = DistilPlan(
        teachers=config.teacher, student=config.student, data=config.data, flip=config.flip,
        size_hw=parse_size(config.size), teacher_size_hw=parse_size(config.teacher_size), terms=terms or None,
        steps=config.steps, seconds=config.seconds, lr=config.lr, batch_size=config.batch,
    )  # fmt: skip
    trained, rows = distil_models(plan, out=config.out, settings=model_settings(config.network), resume=config.resume)
    print_report(replace(trained.report, rows=(*trained.report.rows, *rows)), command="distil")
    print(f"run folder: {config.out}; use it as a model: hondo predict SOURCE --model {config.out} --out depth")
