"""What is changed at random in training batches, as numbers. Imports no torch, for the command line."""

from dataclasses import dataclass

from hondo.core.check_config import COUNT, FRACTION, NOT_NEGATIVE, POSITIVE, Limits, check_config
from hondo.core.errors import HondoError
from hondo.core.types import Size

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Chances (0..1) for a sample, and ranges of strength. The defaults: monodepth2 (Godard et al. 2019)."""

    flip: float = 0.5
    zoom: float = 0.0  # enlarged by up to max_zoom, then cut to the image's size at random
    max_zoom: float = 1.5
    crop_hw: Size | None = None  # a random window of this size, for every sample
    jitter: float = 0.5
    brightness: float = 0.2  # factors 1 +- this
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.1  # +- turns
    exposure: float = 0.0
    stops: float = 0.7
    gamma: float = 0.0
    gamma_range: Range = (0.8, 1.25)
    white_balance: float = 0.0
    gain: float = 0.15  # of each channel, +- this
    blur: float = 0.0
    blur_sigma: Range = (0.2, 1.5)  # pixels
    noise: float = 0.0
    noise_sigma: Range = (0.0, 0.05)
    jpeg: float = 0.0
    jpeg_quality: Range = (30.0, 95.0)

    def __post_init__(self) -> None:
        chances = ("flip", "zoom", "jitter", "exposure", "gamma", "white_balance", "blur", "noise", "jpeg")
        factors = ("brightness", "contrast", "saturation", "gain", "hue")  # 1 +- this must not be negative
        sizes = ("crop_hw", "max_zoom")
        limits = dict.fromkeys((*chances, *factors), FRACTION) | dict.fromkeys(sizes, COUNT)
        limits |= {"stops": NOT_NEGATIVE, "gamma_range": POSITIVE, "blur_sigma": POSITIVE, "noise_sigma": NOT_NEGATIVE}
        check_config(self, name="augment", limits=limits | {"jpeg_quality": Limits(at_least=1, at_most=100)})
        for name in ("gamma_range", "blur_sigma", "noise_sigma", "jpeg_quality"):
            low, high = getattr(self, name)
            if low > high:
                raise HondoError(f"augment.{name} must be two numbers, the smaller first, got {low:g} {high:g}")
