"""Calibration images: one half sets the quantization ranges, the other half validates the quantized network."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size
from hondo.images.placement import prepare_image

COUNT = 64  # images by default: each costs about two runs of the float network
LEAST = 8  # different ones
ENOUGH_FOR_TWO = 16  # with fewer, all images set the ranges and all validate
MAX_VALIDATION = 32  # images
MAX_ABS_REL_ERROR = 0.01  # of the quantized network's depth to that of the float network


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Network inputs of one size, prepared as the predictor would; stored as bytes, given as RGB 0..1."""

    images: UInt8[np.ndarray, "n 3 H W"]
    source: str = "calibration"  # for messages

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[Float32[np.ndarray, "1 3 H W"]]:
        return (self.at(index) for index in range(len(self)))

    def at(self, index: int) -> Float32[np.ndarray, "1 3 H W"]:
        """One network input."""
        return self.images[index : index + 1] * np.float32(1 / 255)

    def spread(self, count: int) -> "Calibration":
        """At most ``count`` of the images, evenly spread."""
        return replace(self, images=self.images[evenly(len(self), count=count)])

    @property
    def range_images(self) -> "Calibration":
        """The images that set the quantization ranges: every other one, or all where they are few."""
        return self if len(self) < ENOUGH_FOR_TWO else replace(self, images=self.images[::2])

    @property
    def validation_images(self) -> "Calibration":
        """The images that measure the error: those that set no ranges, or all where they are few."""
        if len(self) < ENOUGH_FOR_TWO:
            return self
        return replace(self, images=self.images[1::2]).spread(MAX_VALIDATION)


@dataclass(frozen=True, kw_only=True)
class QuantizationOptions:
    """The images to quantize with, and the abs_rel error to the float network that is allowed."""

    calibration: Calibration
    max_abs_rel_error: float = MAX_ABS_REL_ERROR
    on_progress: Callable[[str], None] = lambda line: None


def calibration_of(
    images: Iterable[UInt8[np.ndarray, "h w 3"]], *, spec: InputSpec, size_hw: Size, source: str = "calibration"
) -> Calibration:
    """Prepares RGB images for a network that is exported at ``size_hw``.

    Images of one colour and duplicates are left out; fewer than ``LEAST`` that remain are refused.
    """
    fixed = replace(spec, size_hw=size_hw, fixed=True)
    kept: dict[bytes, np.ndarray] = {}
    given = uniform = 0
    for image in images:
        given += 1
        network_input = prepare_image(image, fixed).network_input[0]
        prepared = np.rint(255 * network_input).astype(np.uint8)
        if prepared.max() == prepared.min():
            uniform += 1
        else:
            kept.setdefault(prepared.tobytes(), prepared)
    if len(kept) < LEAST:
        raise HondoError(_too_few(source, given=given, uniform=uniform, different=len(kept)))
    return Calibration(images=np.stack(list(kept.values())), source=source)


def evenly(total: int, *, count: int) -> list[int]:
    """``count`` indices below ``total`` at equal distances, or all if there are no more."""
    return list(range(total)) if total <= count else [(2 * i + 1) * total // (2 * count) for i in range(count)]


def _too_few(source: str, *, given: int, uniform: int, different: int) -> str:
    reasons = [f"{uniform} of one colour"] if uniform else []
    equal = given - uniform - different
    reasons += [f"{equal} equal to others"] if equal else []
    left_out = f" ({', '.join(reasons)})" if reasons else ""
    return (
        f"calibration {source}: {different} different images of {given}{left_out}, int8 needs at least {LEAST}; "
        "give a folder, glob or video of scenes like those the model will see"
    )
