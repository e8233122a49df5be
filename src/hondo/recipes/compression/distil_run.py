"""Distillation by model names: a small model learns from large ones on images or videos without labels."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from hondo.core.check_config import COUNT, POSITIVE, check_config
from hondo.core.errors import HondoError
from hondo.core.report import Row
from hondo.core.sample import Samples
from hondo.core.types import DepthKind, Size
from hondo.engines.load import ModelSettings, build_depth_model
from hondo.engines.quantization.calibration import evenly
from hondo.metrics.reference import abs_rel_to_reference
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.build_parts import build_samples
from hondo.recipes.compression.recover import RELATIVE_TERMS, SCALED_TERMS
from hondo.recipes.compression.unlabelled import unlabelled_data
from hondo.recipes.pipeline import Trained, run
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.video_recipes import distil
from hondo.train.objectives.distilled import Distilled, build_distilled
from hondo.train.objectives.objective_config import DistillationConfig

COMPARED = 12  # images on which student and teachers are compared before and after


@dataclass(frozen=True, kw_only=True)
class DistilPlan:
    """Who learns from whom, on what, for how long."""

    teachers: tuple[str, ...]
    student: str
    data: str
    flip: bool = True  # teachers also see the mirrored image
    size_hw: Size | None = None  # that the student learns at; None: its own
    teacher_size_hw: Size | None = None  # None: the student's
    terms: dict[str, float] | None = None  # None: those that fit the teachers' kind of depth
    steps: int = 2000
    seconds: float | None = None
    lr: float = 2e-4
    batch_size: int = 4

    def __post_init__(self) -> None:
        limits = {"steps": COUNT, "seconds": POSITIVE, "lr": POSITIVE, "batch_size": COUNT}
        check_config(self, name="", limits=limits)
        if not self.teachers:
            raise HondoError("give at least one teacher", field="teacher")


def distil_models(
    plan: DistilPlan, *, out: Path, settings: ModelSettings | None = None, resume: bool = False
) -> tuple[Trained, tuple[Row, ...]]:
    """Trains the student into the run folder ``out``; also rows of its distance to the teachers before and after.

    ``settings``: the weights and options of the student.
    """
    settings = settings or ModelSettings()
    student = settings.build(plan.student)
    teachers = [build_depth_model(name, weights=None, options={}) for name in plan.teachers]
    terms = plan.terms or terms_for({student.kind, *(teacher.kind for teacher in teachers)})
    recipe = distil_recipe(replace(plan, terms=terms), student, settings=settings)
    objective = build_distilled(student, recipe.objective)
    samples = build_samples(recipe.data, multiple_of=student.input_spec.multiple_of)
    before, spec = distance(objective, samples), student.input_spec
    trained = run(recipe, out=out, resume=resume, model=None if resume else student)
    if plan.size_hw is None:
        trained.model.set_input_spec(spec)
    after = distance(build_distilled(trained.model, recipe.objective), samples)
    name = "abs_rel to the teacher"
    rows = [Row(name=name, value=value, better="lower", subject=f"{plan.student} {when}")
            for when, value in (("before", before), ("after", after))]  # fmt: skip
    return trained, tuple(rows)


def distil_recipe(plan: DistilPlan, student: DepthModel, *, settings: ModelSettings) -> Recipe:
    """The recipe ``distil`` with the plan's settings."""
    base, size_hw = distil(), plan.size_hw or student.input_spec.size_hw
    weights = None if settings.weights is None else str(settings.weights)
    objective = DistillationConfig(
        teacher=plan.teachers[0], more_teachers=plan.teachers[1:], flip_teacher=plan.flip,
        teacher_size_hw=plan.teacher_size_hw, freeze_norm=True, terms=dict(plan.terms or SCALED_TERMS),
    )  # fmt: skip
    return replace(
        base, objective=objective, data=unlabelled_data(plan.data, size_hw=size_hw),
        model=ModelConfig(name=plan.student, weights=weights, options=dict(settings.options)),
        batches=replace(base.batches, batch_size=plan.batch_size),
        optim=replace(base.optim, lr=plan.lr, max_steps=plan.steps, max_seconds=plan.seconds),
    )  # fmt: skip


def terms_for(kinds: Iterable[DepthKind]) -> dict[str, float]:
    """Logarithms where all know their depth up to a factor; scale-and-shift-invariant where one does not."""
    return dict(RELATIVE_TERMS if DepthKind.RELATIVE_INVERSE_DEPTH in kinds else SCALED_TERMS)


@torch.no_grad()
def distance(objective: Distilled, samples: Samples) -> float:
    """abs_rel of the student's depth to the teachers', the mean over images, aligned by median or scale and shift."""
    model, found = objective.model.eval(), []
    for index in evenly(len(samples), count=COMPARED):
        image = samples[index].image[None]
        wanted, given = objective.taught(image)[0, 0].numpy(), model(image)[0][0, 0].numpy()
        given = given if model.kind.is_inverse else 1 / np.maximum(given, 1e-6)
        if objective.taught.is_relative or model.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
            scale, shift = np.polyfit(given.ravel(), wanted.ravel(), 1)
            found.append(abs_rel_to_reference(scale * given + shift, wanted, kind=DepthKind.RELATIVE_INVERSE_DEPTH))
        else:
            given = given * np.median(wanted / np.maximum(given, 1e-6))
            found.append(abs_rel_to_reference(given, wanted, kind=DepthKind.SCALED_INVERSE_DEPTH))
    return float(np.mean(found))
