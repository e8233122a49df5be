"""Images that show a quantiser what a network will see: where its ranges come from, and what it is judged on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size
from hondo.images.placement import prepare_image

COUNT = 64  # images, of which half set the ranges: each costs about two runs of the network in float
LEAST = 8  # different ones
ENOUGH_FOR_TWO = 16  # from here on, one half sets the ranges and the other judges
HELD_OUT = 32  # judges at most


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Network inputs of one size, as the predictor would prepare them; held as bytes, given as RGB 0..1."""

    images: UInt8[np.ndarray, "n 3 H W"]
    source: str = "calibration"  # for messages

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Float32[np.ndarray, "1 3 H W"]]:
        return map(self.at, range(len(self)))

    def at(self, index: int) -> Float32[np.ndarray, "1 3 H W"]:
        """One network input."""
        return self.images[index : index + 1] * np.float32(1 / 255)

    @property
    def size_hw(self) -> Size:
        return self.images.shape[2], self.images.shape[3]

    def spread(self, count: int) -> "Calibration":
        """At most so many of them, evenly spread."""
        return replace(self, images=self.images[evenly(len(self), count=count)])

    def split(self) -> "tuple[Calibration, Calibration]":
        """Those that set the ranges and those that judge: every other one, or, where they are few, all for both."""
        if len(self) < ENOUGH_FOR_TWO:
            return self, self
        validation = replace(self, images=self.images[1::2]).spread(HELD_OUT)
        return replace(self, images=self.images[::2]), validation


def calibration_of(
    images: Iterable[UInt8[np.ndarray, "h w 3"]], *, spec: InputSpec, size_hw: Size, source: str = "calibration"
) -> Calibration:
    """Prepares RGB images for a network that is exported at ``size_hw``.

    Images of one colour and those that equal another are left out; fewer than ``LEAST`` that remain are refused.
    """
    fixed = replace(spec, size_hw=size_hw, fixed=True)
    kept: dict[bytes, np.ndarray] = {}
    given = flat = 0
    for image in images:
        given += 1
        network_input = prepare_image(image, fixed).network_input[0]
        prepared = np.rint(255 * network_input).astype(np.uint8)
        if prepared.max() == prepared.min():
            flat += 1
        else:
            kept.setdefault(prepared.tobytes(), prepared)
    if len(kept) < LEAST:
        raise HondoError(_too_few(source, given=given, flat=flat, different=len(kept)))
    return Calibration(images=np.stack(list(kept.values())), source=source)


def evenly(total: int, *, count: int) -> list[int]:
    """``count`` indices below ``total`` at equal distances, or all if there are no more."""
    return list(range(total)) if total <= count else [(2 * i + 1) * total // (2 * count) for i in range(count)]


def _too_few(source: str, *, given: int, flat: int, different: int) -> str:
    reasons = [f"{flat} of one colour"] if flat else []
    equal = given - flat - different
    reasons += [f"{equal} equal to others"] if equal else []
    left_out = f" ({', '.join(reasons)})" if reasons else ""
    return (
        f"calibration {source}: {different} different images of {given}{left_out}, int8 needs at least {LEAST}; "
        "give a folder, glob or video of scenes like those the model will see"
    )
