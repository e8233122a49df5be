"""Whether calibration images look like those that a model was trained on: brightness, contrast, colour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.errors import warn
from hondo.engines.quantization.calibration import Calibration

KEY = "image_statistics"  # of a training report
FAR = 3.0  # standard deviations between images beyond which a mean is far off


@dataclass(frozen=True, kw_only=True)
class ImageStatistics:
    """Mean and standard deviation over images of each image's mean colour (3), contrast and colourfulness."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    images: int

    @classmethod
    def of(cls, images: Iterable[Float[np.ndarray, "3 h w"]]) -> "ImageStatistics":
        """From images in RGB 0..1."""
        values = np.array([_of_image(image) for image in images], dtype=np.float64)
        spread = values.std(axis=0)
        return cls(mean=tuple(values.mean(axis=0)), deviation=tuple(spread), images=len(values))


NAMES = ("red", "green", "blue", "contrast", "colourfulness")
LEAST = 0.04  # of a deviation: images of one scene differ by little


def _of_image(image: Float[np.ndarray, "3 h w"]) -> list[float]:
    grey = image.mean(axis=0)
    return [*(float(channel.mean()) for channel in image), float(grey.std()), float(image.std(axis=0).mean())]


def differences(calibration: ImageStatistics, training: ImageStatistics) -> list[str]:
    """What of the calibration images is far off, in words; empty where they are alike."""
    found = []
    for name, given, wanted, spread in zip(NAMES, calibration.mean, training.mean, training.deviation, strict=True):
        off = abs(given - wanted) / max(spread, LEAST)
        if off > FAR:
            found.append(f"{name} {given:.2f}, there {wanted:.2f} ({off:.0f} standard deviations)")
    return found


def warn_if_unlike(calibration: Calibration, training: Mapping[str, Any], *, model: str) -> list[str]:
    """Warns where a model's training report holds statistics of its images and these are far off; what is."""
    if KEY not in training:
        return []
    stored: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in training[KEY].items()
    }
    found = differences(ImageStatistics.of(image[0] for image in calibration), ImageStatistics(**stored))
    if found:
        warn(
            f"calibration {calibration.source} looks unlike the images {model} was trained on: {'; '.join(found)}; "
            "the ranges of int8 may not fit the scenes it is used on"
        )
    return found
