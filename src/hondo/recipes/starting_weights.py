"""What follows from the weights that a run starts from: the licence of what comes out, and settings that fit."""

import sys
from dataclasses import replace
from pathlib import Path

from hondo.models.base.weights_file import own_header
from hondo.models.download.named_weights import DOWNLOAD, fact_of, is_published
from hondo.models.registry.variant import origin_of
from hondo.models.registry.zoo import PACKAGED_WEIGHTS, ZOO
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.warm_start import source_of
from hondo.train.loop.checkpoint import RunFolder

OWN = "of whoever trained it"
ANCHOR = 0.1  # weight of the distance to the initial model, where that was trained
# Parts that stay as they are where trained weights go on learning: ImageNet's features, which a clip would spoil.
FROZEN: dict[str, tuple[str, ...]] = dict.fromkeys(("hondo-nano", "hondo-small"), ("encoder",))


def are_random(model: ModelConfig) -> bool:
    """Whether a run starts from an untrained model."""
    if model.start is not None:
        return False
    return model.weights == "random" or (
        model.weights is None and model.name in ZOO and PACKAGED_WEIGHTS.get(model.name) is None
    )


def licence_of(model: ModelConfig) -> str:
    """The licence of a model trained from these weights: theirs, or the trainer's own where they are random."""
    if model.start is not None:
        model = source_of(model)
    if are_random(model):
        return OWN
    if is_published(model.name, model.weights):
        licence = fact_of(model.name).licence or "not stated"
        return f"adapted from weights under {licence} ({model.name}, {model.weights})"
    if model.weights == DOWNLOAD:
        model = replace(model, weights=None)
    path = (
        Path(model.weights or model.name)
        if model.weights or model.name not in ZOO
        else PACKAGED_WEIGHTS.get(model.name)
    )
    if path is None or not path.exists() or (model.weights is not None and model.name not in ZOO):
        return OWN  # refused when it is built
    if path.is_dir() and RunFolder(path).last.exists():
        path = RunFolder(path).last
    if model.name not in ZOO and not path.is_file():
        return OWN
    header = own_header(path)
    if header is not None:
        licence, source = header.licence, header.name
    else:
        origin = origin_of(ZOO[model.name])
        licence, source = (origin.licence if origin else "") or "not stated", f"{model.name}, {path.name}"
    is_stated_before = licence == OWN or licence.startswith("adapted from")
    return licence if is_stated_before else f"adapted from weights under {licence} ({source})"


def _zoo_name(name: str) -> str:
    """The name of the model that a run folder or a file holds; another name as it is."""
    path = Path(name)
    path = RunFolder(path).last if path.is_dir() else path
    header = own_header(path) if path.is_file() else None
    return name if header is None else header.name


def with_fitting_settings(recipe: Recipe) -> Recipe:
    """The recipe with its licence, and with anchor and frozen norms for trained weights only, unless they are given."""
    if recipe.licence == "auto":
        recipe = replace(recipe, licence=licence_of(recipe.model))
    objective = recipe.objective
    open_fields = [name for name in ("anchor", "freeze_norm", "frozen") if getattr(objective, name, 0) is None]
    if not open_fields:
        return recipe
    is_random = are_random(recipe.model)
    frozen = () if is_random else FROZEN.get(_zoo_name(recipe.model.name), ())
    values = {"anchor": 0.0 if is_random else ANCHOR, "freeze_norm": not is_random, "frozen": frozen}
    if is_random:
        print(
            f"hondo: {recipe.model.name} starts from random weights: no anchor to them, and its norms are trained "
            "(objective.anchor, objective.freeze_norm)",
            file=sys.stderr,
        )
    return replace(recipe, objective=replace(objective, **{name: values[name] for name in open_fields}))
