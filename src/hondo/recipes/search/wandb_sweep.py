"""A study as the configuration of a sweep of W&B, whose agents run ``hondo train`` with the options they are given."""

import json
from typing import Any

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Interval, Study

METHODS = {"grid": "grid", "random": "random", "tpe": "bayes"}


def sweep_of(study: Study) -> str:
    """The text of sweep.yaml (JSON, which YAML is a superset of): for ``wandb sweep sweep.yaml``."""
    if not study.train:
        raise HondoError(f"study '{study.name}' trains nothing, which is all that a sweep of W&B does")
    arguments = ["${env}", "hondo", "train", study.recipe.name, "--log", "wandb", "${args}"]
    return json.dumps(
        {
            "name": study.name,
            "method": METHODS.get(study.strategy, "random"),
            "metric": {"name": f"val_{study.by}", "goal": "maximize" if study.is_higher_better else "minimize"},
            "parameters": {path: values for factor in study.factors for path, values in _parameter(factor).items()},
            "command": arguments,
        },
        indent=1,
    ) + "\n"  # fmt: skip


def _parameter(factor: Factor | Interval) -> dict[str, dict[str, Any]]:
    """The option that a factor varies; a factor whose levels set several options together has no such form."""
    if isinstance(factor, Interval):
        kind = "int_uniform" if factor.is_integer else "log_uniform_values" if factor.is_log else "uniform"
        return {factor.name: {"distribution": kind, "min": factor.low, "max": factor.high}}
    paths = {path for level in factor.levels for path in level.changes}
    if len(paths) != 1 or any(len(level.changes) != 1 for level in factor.levels):
        raise HondoError(
            f"factor '{factor.name}' sets several options at once, which a sweep of W&B cannot; use hondo study"
        )
    (path,) = paths
    if path == "recipe":
        raise HondoError("the recipe is no option of hondo train: make a sweep of W&B for each recipe")
    if path.startswith(("model.options.", "speed.")):
        raise HondoError(f"'{path}' is no single option of hondo train, so that a sweep of W&B cannot vary it")
    return {path: {"values": [level.changes[path] for level in factor.levels]}}
