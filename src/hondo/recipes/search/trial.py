"""A trial: everything that determines its result as one value, and the hash that names it. No torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from hondo.core.errors import HondoError, unknown
from hondo.recipes.recipe import Recipe
from hondo.recipes.registry import RECIPES
from hondo.recipes.search.search_space import Factor, Level, SpeedConfig, Study

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run of a study. ``factors`` name it in tables and do not count for its hash."""

    recipe: Recipe
    train: bool = True
    speed: SpeedConfig | None = None
    factors: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that name recipe and measurement."""
        speed = None if self.speed is None else asdict(self.speed)
        stated = {"recipe": asdict(self.recipe), "train": self.train, "speed": speed}
        return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:12]


def trial_of(study: Study, choice: Mapping[str, Level | float]) -> Trial:
    """The trial of one level (or number) of each factor; a level may name another ``recipe``."""
    changes: dict[str, Any] = {}
    for name, level in choice.items():
        changes |= level.changes if isinstance(level, Level) else {name: level}
    recipe = study.recipe
    if "recipe" in changes:
        base = RECIPES[changes.pop("recipe")]()
        recipe = replace(base, loop=recipe.loop, evaluate=recipe.evaluate or base.evaluate)
    labels = {name: level.label if isinstance(level, Level) else level for name, level in choice.items()}
    trial = Trial(recipe=recipe, train=study.train, speed=study.speed, factors=labels)
    for path, value in changes.items():
        trial = with_field(trial, path, value)
    return trial


def with_field(trial: Trial, path: str, value: Any) -> Trial:
    """The trial with one field set: of its speed (``speed.precision``), else of its recipe (``optim.lr``)."""
    head, _, rest = path.partition(".")
    if head == "speed":
        if trial.speed is None:
            raise HondoError(f"option '{path}': this study measures no speed")
        return replace(trial, speed=_changed(trial.speed, rest, value, given=path))
    return replace(trial, recipe=_changed(trial.recipe, path, value, given=path))


def _changed(config: T, path: str, value: Any, *, given: str) -> T:
    head, _, rest = path.partition(".")
    if isinstance(config, dict):  # options of models, weights of losses: checked by what takes them
        return {**config, path: value}  # type: ignore[return-value]
    if not is_dataclass(config) or isinstance(config, type):
        raise HondoError(f"option '{given}': nothing to set there")
    known = [each.name for each in fields(config)]
    if head not in known:
        raise unknown("option", given, [given.removesuffix(path) + each for each in known])
    old = getattr(config, head)
    return replace(config, **{head: _changed(old, rest, value, given=given) if rest else _as_before(old, value)})


def _as_before(old: Any, value: Any) -> Any:
    """JSON and TOML know lists only, and 1 for 1.0."""
    if isinstance(value, list):
        return tuple(value)
    return float(value) if isinstance(old, float) and type(value) is int else value


def levels_of(study: Study) -> tuple[Factor, ...]:
    """The factors of a grid; refuses intervals, which have no levels."""
    for factor in study.factors:
        if not isinstance(factor, Factor):
            raise HondoError(
                f"study '{study.name}': '{factor.name}' is an interval, which a grid cannot list; give values, or "
                "strategy random or tpe"
            )
    return study.factors  # type: ignore[return-value]
