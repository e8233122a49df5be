"""What a resumed run must keep of its recipe, and paths that hold from any folder."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hondo.core.errors import HondoError
from hondo.core.text_file import read_json
from hondo.data.streaming.shards import is_url
from hondo.models.registry.zoo import ZOO
from hondo.recipes.recipe import Recipe

T = TypeVar("T")

# Fields that shape the stored state, or that it would silently override.
FIXED = (
    "model.name",
    "model.weights",
    "model.options",
    "model.start",
    "model.start_parts",
    "objective.pose",
    "objective.pose_model",
    "objective.teacher",
    "objective.adversarial",
    "objective.photometric.pose",
    "objective.photometric.pose_model",
    "batches.batch_size",
    "batches.shuffle",
    "optim.name",
    "optim.betas",
    "optim.weight_decay",
    "optim.lr_factors",
    "seed",
)
_PATHS = (
    "root",
    "camera",
    "right",
    "poses",
    "track",
    "weights",
    "sets",
    "measured",
    "mask",
    "lists",
    "split",
    "start_weights",
)  # fields that may hold a path


def check_resumable(stored: Path, recipe: Recipe) -> None:
    """Refuses a recipe that differs from the one in ``stored`` (recipe.json) in what a resumed run cannot change."""
    if not stored.exists():  # the state is missing too, or its loss is reported when it is read
        return
    before: Any = read_json(stored)
    now: Any = json.loads(recipe.to_json())
    for name in FIXED:
        was, given = _value(before, name), _value(now, name)
        is_same = was == given or (isinstance(was, str) and str(Path(was).absolute()) == given)
        if was is not _MISSING and not is_same:
            raise HondoError(
                f"{name} cannot change when a run is resumed: the run has {was}, given {given}; "
                f"leave it out, or start a new run with model.name={stored.parent} to go on from its weights",
                field=name,
            )


_MISSING = object()


def _value(tree: Any, name: str) -> Any:
    for part in name.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return _MISSING
        tree = tree[part]
    return tree


def with_absolute_paths(recipe: Recipe) -> Recipe:
    """The recipe with the paths of its data and model made absolute, so that it can be resumed from any folder."""
    evaluate = recipe.evaluate
    if evaluate is not None and evaluate.data is not None:
        evaluate = replace(evaluate, data=_absolute(evaluate.data))
    model = _absolute(recipe.model)
    if model.name not in ZOO and Path(model.name).exists():  # a run folder or a file
        model = replace(model, name=_absolute_path(model.name))
    if model.start is not None and model.start not in ZOO and Path(model.start).exists():
        model = replace(model, start=_absolute_path(model.start))
    return replace(recipe, data=_absolute(recipe.data), model=model, evaluate=evaluate)


def _absolute(config: T) -> T:
    assert is_dataclass(config) and not isinstance(config, type)
    names = [each.name for each in fields(config) if each.name in _PATHS]
    changes = {name: _absolute_value(name, getattr(config, name)) for name in names}
    return replace(config, **changes)


def _absolute_value(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_absolute_value(name, each) for each in value)
    if isinstance(value, Mapping):  # "NAME:ROOT" of the sets of a mix
        parts = {text: text.partition(":") for text in value}
        return {
            text if not root else f"{of}:{_absolute_value('root', root)}": value[text]
            for text, (of, _, root) in parts.items()
        }
    if not isinstance(value, str) or is_url(value) or (name != "root" and not Path(value).exists()):
        return value
    return _absolute_path(value)


def _absolute_path(path: str) -> str:
    """Absolute; each part of a comma list that is no path itself."""
    if "," in path and not Path(path).exists():
        return ",".join(_absolute_path(part.strip()) for part in path.split(","))
    return str(Path(path).expanduser().absolute())
