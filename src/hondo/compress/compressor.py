"""What an entry of COMPRESSORS is: a step by name, from a text to a changed model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from hondo.compress.kept import Compressed
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel

Images = Sequence[Float[Tensor, "1 3 h w"]]  # RGB in 0..1, to calibrate on


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step as it is asked for: ``heads=6:norm`` has the value "6" and the words ("norm",)."""

    name: str
    value: str
    words: tuple[str, ...] = ()
    images: Images = field(default=(), repr=False, compare=False)

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


@dataclass(frozen=True, kw_only=True)
class Compressor:
    """``apply`` reads a step's text and changes a model; ``applies`` says whether a model has what it changes."""

    summary: str
    example: str
    apply: Callable[[DepthModel, Step], Compressed]
    applies: Callable[[DepthModel], bool]
    words: tuple[str, ...] = ()  # that may follow the value behind colons
