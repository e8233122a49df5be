"""A run as one typed value: data, model, objective, optimiser, evaluation, seed; stored as JSON. Imports no torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from hondo.core.check_config import COUNT, FRACTION, NOT_NEGATIVE, check_config, check_tree
from hondo.core.errors import HondoError, reason_of
from hondo.core.text_file import load_object
from hondo.data.augment.augment_config import AugmentConfig
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What is trained: a name of ``hondo models``, a .safetensors file or a run folder."""

    name: str = "hondo-nano"
    weights: str | None = None  # None: those that ship with the name; "random": fresh ones
    options: dict[str, Any] = field(default_factory=dict)
    # Another model, whose weights are taken where they fit: a name, a .safetensors file or a run folder.
    start: str | None = None
    start_weights: str | None = None  # of a name: a file; None: the published ones
    start_parts: tuple[str, ...] = ()  # of the network, e.g. ("encoder",); empty: all


@dataclass(frozen=True, kw_only=True)
class BatchesConfig:
    """How samples become batches."""

    batch_size: int = 4
    workers: int = 2  # threads that read ahead
    shuffle: bool = True
    cache: bool = False  # keep every sample in memory: for a short clip
    # Of the frames of a clip of 30 and more, learned from without labels: its last ones are not trained on, but scored
    # before and after.
    hold_back: float = 0.0
    max_bad: float = 0.01  # fraction of the samples that may be unreadable; they are left out and counted

    def __post_init__(self) -> None:
        limits = {"batch_size": COUNT, "workers": NOT_NEGATIVE, "max_bad": FRACTION, "hold_back": FRACTION}
        check_config(self, name="batches", limits=limits)


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Labelled data to score the model on while it trains, and at the end."""

    data: Any = None  # a data config
    protocol: str = "dense"
    align: str = "median"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that determines a run: a typed value that is hashable and is stored as JSON."""

    name: str
    data: Any  # a config that names an entry of DATASETS as ``dataset``
    objective: Any  # a config that names an entry of OBJECTIVES as ``objective``
    model: ModelConfig = field(default_factory=ModelConfig)
    batches: BatchesConfig = field(default_factory=BatchesConfig)
    augment: AugmentConfig | None = None
    optim: OptimConfig = field(default_factory=OptimConfig)
    fabric: FabricConfig = field(default_factory=FabricConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    evaluate: EvaluateConfig | None = None
    licence: str = "auto"  # of the weights that come out; auto: that of the weights it started from
    seed: int = 0

    def __post_init__(self) -> None:
        for name, key in (("data", "dataset"), ("objective", "objective")):
            if not isinstance(getattr(getattr(self, name), key, None), str):
                raise HondoError(f"{name} must be a config that names its {key}", field=name)
        check_tree(self)

    def without_start(self) -> "Recipe":
        """The recipe whose model starts from no other one's weights: a resumed run has its own."""
        return replace(self, model=replace(self.model, start=None))

    def to_json(self) -> str:
        """All fields as JSON, for recipe.json."""
        return json.dumps(asdict(self), indent=1)

    @property
    def hash(self) -> str:
        """Twelve hexadecimal digits that name everything stated here."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def read_recipe(path: Path, *, base: Recipe) -> Recipe:
    """The recipe stored in a run folder; ``base`` is the recipe of that name as this version writes it."""
    try:
        return updated(base, load_object(path.read_bytes(), name=path.name))
    except FileNotFoundError as error:
        raise HondoError(f"{path} is missing; resume takes the folder of a run", field="resume") from error
    except HondoError as error:
        raise HondoError(f"{path} is damaged or of another version of hondo ({error})", field=error.field) from error
    except (OSError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise HondoError(f"{path} is damaged or of another version of hondo ({reason_of(error)})") from error


def stored_name(path: Path) -> str:
    """The name of the recipe in a recipe.json."""
    try:
        name = load_object(path.read_bytes(), name=path.name)["name"]
        if not isinstance(name, str):
            raise HondoError("its name is no text")
        return name
    except (OSError, KeyError, HondoError) as error:
        raise HondoError(
            f"{path} cannot be read ({error}); resume takes the folder of a run", field="resume"
        ) from error


def updated(base: T, values: Mapping[str, Any]) -> T:
    """A config with plain JSON values put in: dicts into the dataclasses that stand there, lists as tuples."""
    known = {each.name for each in fields(base)}  # type: ignore[arg-type]
    strange = sorted(set(values) - known)
    if strange:
        raise KeyError(f"{type(base).__name__} has no field {', '.join(strange)}")
    changes = {name: _updated_value(getattr(base, name), value) for name, value in values.items()}
    return replace(base, **changes)  # type: ignore[type-var]


def _updated_value(old: Any, value: Any) -> Any:
    if is_dataclass(old) and isinstance(value, Mapping):
        return updated(old, value)
    return _with_tuples(value)


def _with_tuples(value: Any) -> Any:
    """JSON knows lists only; configs hold tuples."""
    if isinstance(value, dict):
        return {name: _with_tuples(item) for name, item in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
