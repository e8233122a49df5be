"""A study of one's own from a small file: TOML or JSON with a recipe and options with their values, or Python.

```toml
recipe = "dpt-kitti-tiny"
strategy = "random"                    # grid (all combinations), random or tpe
trials = 8
[options]
"optim.lr" = { low = 1e-4, high = 1e-2, log = true }
"model.options.num_heads" = [1, 2]
[options.size]                         # levels with names; each sets several fields
small = { "data.size_hw" = [64, 96] }
[set]                                  # of all trials
"optim.max_steps" = 20
[speed]                                # measure the speed too; train = false: the speed alone
engine = "torch"
```

A Python file holds a ``Study`` called ``study``; it is run.
"""

import runpy
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, reason_of, unknown
from hondo.core.text_file import load_object
from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.recipes.recipe import EvaluateConfig
from hondo.recipes.registry import RECIPES
from hondo.recipes.search.search_space import Factor, Interval, Level, SpeedConfig, Study
from hondo.recipes.search.studies.study_table import check_study_file
from hondo.recipes.search.trial import Trial, with_field

KEYS = ("name", "recipe", "options", "set", "strategy", "trials", "seed", "train", "speed", "by", "evaluate")
INTERVAL_KEYS = ("low", "high", "log", "integer")
VALIDATION = SyntheticData(length=8, seed=12_345, size_hw=(64, 96))  # scenes that no run trains on


def read_study(path: Path) -> Study:
    """The study in a .toml, .json or .py file."""
    check_study_file(path)
    if path.suffix == ".py":
        study = runpy.run_path(str(path)).get("study")
        if not isinstance(study, Study):
            raise HondoError(f"{path} must define study = Study(...) of hondo.recipes.search.search_space")
        return study
    if path.suffix not in (".toml", ".json"):
        raise HondoError(f"study {path}: a study is a .toml, .json or .py file", field="study")
    try:
        text = path.read_text()
        stated = tomllib.loads(text) if path.suffix == ".toml" else load_object(text, name=path.name)
    except (ValueError, OSError, RecursionError) as error:
        raise HondoError(f"{path} cannot be read: {reason_of(error)}") from error
    return study_of(stated, name=path.stem)


def study_of(stated: Mapping[str, Any], *, name: str) -> Study:
    """A study from the entries of a file; each that is unknown or wrong is named."""
    for key in stated:
        if key not in KEYS:
            raise unknown("entry of a study", key, KEYS)
    if "recipe" not in stated:
        raise HondoError(f"study '{name}' names no recipe; add recipe = NAME, e.g. recipe = \"dpt-kitti-tiny\"")
    recipes = stated["recipe"] if isinstance(stated["recipe"], list) else [stated["recipe"]]
    options = {"recipe": recipes} if len(recipes) > 1 else {}
    factors = tuple(_factor(key, value) for key, value in (options | dict(stated.get("options", {}))).items())
    speed = None if "speed" not in stated else _speed(stated["speed"])
    base = Trial(recipe=RECIPES[recipes[0]](), speed=speed)
    if stated.get("evaluate", True) and base.recipe.evaluate is None and stated.get("train", True):
        base = with_field(base, "evaluate", EvaluateConfig(data=VALIDATION))
    for path, value in stated.get("set", {}).items():
        base = with_field(base, path, value)
    base = with_field(base, "loop.show_progress", value=False)
    by: dict[str, Any] = {"by": "fps"} if not stated.get("train", True) else {}
    given = {key: stated[key] for key in ("strategy", "trials", "seed", "train", "by") if key in stated}
    study = Study(
        name=str(stated.get("name", name)), recipe=base.recipe, factors=factors, speed=base.speed, **by | given
    )
    check_levels(study, base)
    return study


def check_levels(study: Study, base: Trial) -> None:
    """Sets each level once: an option that does not exist is named before anything runs."""
    for factor in study.factors:
        for level in factor.levels if isinstance(factor, Factor) else ():
            for path, value in level.changes.items():
                if path == "recipe":
                    RECIPES[value]
                else:
                    with_field(base, path, value)
        if isinstance(factor, Interval):
            with_field(base, factor.name, factor.low)


def _factor(name: str, value: Any) -> Factor | Interval:
    if isinstance(value, list):
        return Factor(name=name, levels=tuple(Level(label=_label(one), changes={name: one}) for one in value))
    if not isinstance(value, Mapping):
        raise HondoError(f"option '{name}' must list its values, e.g. [1, 2], got {value!r}")
    if value and all(isinstance(each, Mapping) for each in value.values()):
        return Factor(name=name, levels=tuple(Level(label=key, changes=dict(each)) for key, each in value.items()))
    wrong = sorted(value.keys() - set(INTERVAL_KEYS))
    if wrong or not {"low", "high"} <= value.keys():
        raise HondoError(f"option '{name}' is a list of values, or low and high (log, integer); got {dict(value)}")
    return Interval(
        name=name,
        low=value["low"],
        high=value["high"],
        is_log=value.get("log", False),
        is_integer=value.get("integer", False),
    )


def _label(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list) else str(value)


def _speed(stated: Mapping[str, Any]) -> SpeedConfig:
    known = [each.name for each in fields(SpeedConfig)]
    for key in stated:
        if key not in known:
            raise unknown("entry of speed", key, known)
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stated.items()}
    return SpeedConfig(**given)
