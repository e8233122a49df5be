"""Recovering accuracy: the changed model learns from the untouched one, by any recipe's data and settings."""

from dataclasses import fields, replace
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.pipeline import Trained, run
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.train.objectives.objective_config import DistillationConfig, SupervisedConfig

SCALED_TERMS = {"distil_log": 1.0, "distil_gradient": 0.5}
RELATIVE_TERMS = {"distil_ssi": 1.0}  # relative depth has no logarithm


def recover(model: DepthModel, recipe: Recipe, *, teacher: str, origin: ModelConfig, out: Path | None) -> Trained:
    """Trains ``model`` in the run folder ``out`` (None: in memory); its input size stays, whatever it is trained at.

    ``teacher``: a model file. ``origin``: the model that it was made from, for the licence of its weights.
    """
    spec = model.input_spec
    taught = replace(with_teacher(recipe, teacher, kind=model.kind), model=origin)
    if getattr(taught.data, "size_hw", None) is not None:
        taught = replace(taught, data=replace(taught.data, size_hw=spec.size_hw))
    trained = run(taught, out=out, model=model)
    trained.model.set_input_spec(spec)
    return trained


def with_teacher(recipe: Recipe, teacher: str, *, kind: DepthKind) -> Recipe:
    """The recipe with a distillation objective: losses of labels stay beside those of the teacher; others give way."""
    terms = RELATIVE_TERMS if kind is DepthKind.RELATIVE_INVERSE_DEPTH else SCALED_TERMS
    objective = recipe.objective
    if type(objective) is DistillationConfig and objective.terms != DistillationConfig().terms:
        return replace(recipe, objective=replace(objective, teacher=teacher, teacher_weights=None))
    kept = {}
    if type(objective) is SupervisedConfig:
        if objective.adversarial:
            raise HondoError(f"recipe '{recipe.name}' trains against a discriminator, which a teacher does not need")
        kept = {each.name: getattr(objective, each.name) for each in fields(SupervisedConfig)}
        terms = objective.terms | terms
    return replace(recipe, objective=DistillationConfig(**kept | {"terms": dict(terms), "teacher": teacher}))
