"""What an entry of COMPRESSORS is: a step by name, from a text to a changed model."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor, nn

from hondo.compress.kept import Compressed
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel

Images = Sequence[Float[Tensor, "1 3 h w"]]  # RGB in 0..1, to calibrate on
# Of a model in evaluation mode at the image of this index: what its weights are scored by. Labels, teachers and the
# like are bound by whoever makes it.
Loss = Callable[[DepthModel, int], Float[Tensor, ""]]
Retrain = Callable[[DepthModel], DepthModel]  # a short training; sparse and shared weights stay so (compress/held)
Measure = Callable[[DepthModel], float]  # milliseconds of one image on the target device and engine
MeasureLayer = Callable[[nn.Module, tuple[int, ...]], float]  # milliseconds of a layer on an input of this shape


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a step may use beside the model; a step that needs what is not there refuses.

    ``loss``: None scores by the model's own output, which needs no labels. ``retrain``: between the rounds of iterative
    steps; None goes on without. ``measure`` and ``measure_layer``: for budgets in milliseconds, of the ``device`` (and
    engine) named. ``seed``: of all that is random in a step.
    """

    images: Images = ()
    loss: Loss | None = None
    retrain: Retrain | None = None
    measure: Measure | None = None
    measure_layer: MeasureLayer | None = None
    device: str = ""
    seed: int = 0
    on_progress: Callable[[str], None] = lambda line: None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step as it is asked for: ``heads=6:norm`` has the value "6" and the words ("norm",)."""

    name: str
    value: str
    words: tuple[str, ...] = ()
    tools: Tools = field(default_factory=Tools, repr=False, compare=False)

    @property
    def images(self) -> Images:
        """Those of ``tools``."""
        return self.tools.images

    def __str__(self) -> str:
        return f"{self.name}={':'.join([self.value, *self.words])}"

    def wrong(self, wanted: str) -> HondoError:
        """The error of a step whose text is not ``wanted``."""
        return HondoError(f"step '{self}' must be {wanted}")

    def numbers(self, wanted: str) -> tuple[int, ...]:
        """The value as integers between commas."""
        try:
            return tuple(int(part) for part in self.value.split(","))
        except ValueError:
            raise self.wrong(wanted) from None

    def number(self, wanted: str) -> float | None:
        """The number among the words: 0.4 of ``prune=taylor:0.4``; None where there is none."""
        found = [word for word in self.words if is_number(word)]
        if len(found) > 1:
            raise self.wrong(wanted)
        return float(found[0]) if found else None

    def setting(self, name: str) -> str | None:
        """What follows ``name=`` among the words; "" where the name stands alone, None where it is missing."""
        found = [word.partition("=") for word in self.words]
        return next((value for key, _, value in found if key == name), None)

    def count(self, name: str, wanted: str, *, default: int) -> int:
        """A positive integer that follows ``name=`` among the words."""
        text = self.setting(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise self.wrong(wanted)
        return int(text)


def is_number(text: str) -> bool:
    """Whether it reads as a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class Compressor:
    """``apply`` reads a step's text and changes a model; ``applies`` says whether a model has what it changes."""

    summary: str
    example: str
    apply: Callable[[DepthModel, Step], Compressed]
    applies: Callable[[DepthModel], bool]
    words: tuple[str, ...] = ()  # that may follow the value behind colons
    takes_number: bool = False  # a number may follow too: prune=taylor:0.4
