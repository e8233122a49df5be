"""A study as one value: a recipe, the factors that are varied, and how their combinations are chosen. No torch."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hondo.core.check_config import COUNT, NOT_NEGATIVE, POSITIVE, check_config
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.recipes.recipe import Recipe
from hondo.recipes.search.trial_log import Outcome

HIGHER_IS_BETTER = ("fps", "delta1", "delta2", "delta3")


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """How the latency of a trial's network is measured: one image at a time, after untimed calls."""

    engine: str = "torch"
    precision: str = "fp32"
    device: str = "cpu"
    threads: int = 1
    size_hw: Size | None = None  # None: the model's own
    warmup: int = 1
    runs: int = 20  # at most; at least 1
    seconds: float = 8.0  # no further run after this time

    def __post_init__(self) -> None:
        limits = {"threads": COUNT, "warmup": NOT_NEGATIVE, "runs": COUNT, "seconds": POSITIVE, "size_hw": COUNT}
        check_config(self, name="speed", limits=limits)


@dataclass(frozen=True, kw_only=True)
class Level:
    """One choice of a factor: its name in tables, and the fields of a trial that it sets, e.g. ``optim.lr``."""

    label: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Factor:
    """What is varied, level by level."""

    name: str
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        labels = [level.label for level in self.levels]
        if not labels or len(set(labels)) != len(labels):
            raise HondoError(f"factor '{self.name}' needs different levels, got: {', '.join(labels) or 'none'}")


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A field of a trial that is drawn between two numbers (strategies random and tpe)."""

    name: str
    low: float
    high: float
    is_log: bool = False
    is_integer: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.is_log and self.low <= 0):
            raise HondoError(f"interval '{self.name}' must have low < high (log: above 0), got {self.low}, {self.high}")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A number that others published, and what the trials here say to it; ``holds`` None: only reported."""

    what: str
    published: str
    here: float | None  # None: no trial says anything to it
    by_cpu: float | None = None  # by processor time, where others used the machine too
    target: str = ""
    holds: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """Trials of ``recipe``: which are run, what is measured of each, and what the best is chosen by."""

    name: str
    recipe: Recipe
    factors: tuple[Factor | Interval, ...]
    strategy: str = "grid"  # a name in STRATEGIES
    trials: int | None = None  # how many are drawn; the grid has all
    seed: int = 0
    train: bool = True
    speed: SpeedConfig | None = None
    by: str = "abs_rel"  # the result that the best trial has lowest (or highest, for fps)
    # What is published, compared with the finished trials in the report.
    claims: Callable[[Sequence[Outcome]], tuple[Claim, ...]] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.factors:
            raise HondoError(f"study '{self.name}' varies nothing: give at least one option with its values")
        names = [factor.name for factor in self.factors]
        if len(set(names)) != len(names):
            raise HondoError(f"study '{self.name}' names a factor twice: {', '.join(names)}")
        if not self.train and self.speed is None:
            raise HondoError(f"study '{self.name}' measures nothing: it needs train or speed")
        if self.trials is not None and self.trials < 1:
            raise HondoError(f"trials of study '{self.name}' must be at least 1, got {self.trials}")

    @property
    def is_higher_better(self) -> bool:
        """Whether the best trial has ``by`` highest."""
        return self.by in HIGHER_IS_BETTER

    def to_json(self) -> str:
        """What the study is, for study.json."""
        stored = {name: value for name, value in vars(self).items() if name not in ("claims", "factors")}
        stored |= {"recipe": asdict(self.recipe), "speed": None if self.speed is None else asdict(self.speed)}
        return json.dumps(stored | {"factors": [asdict(factor) for factor in self.factors]}, indent=1)
