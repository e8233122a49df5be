"""Metres for a model, as ``hondo scale`` gives them: the median of many factors, its interval, and the model's file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError, unknown, warn
from hondo.core.types import DepthKind
from hondo.engines.load import ModelSettings, is_exported
from hondo.evaluate.parity.export_model import licence_of
from hondo.mapping.scale.measurements import MEASUREMENTS, Factor, Measuring
from hondo.models.base.metric_calibration import MetricCalibration, relative_focal
from hondo.models.base.weights_file import save_model

RESAMPLES, TAILS = 2000, (2.5, 97.5)  # of the bootstrap (Efron 1979); percent
FEWEST = 5  # factors, below which there is no interval
WIDE = 0.2  # a 95 % interval wider than this share of the factor is warned of


def scale_model(
    model: str,
    how: str,
    *,
    images: str,
    out: Path,
    settings: ModelSettings,
    camera: str | None = None,
    divide_by: float = 256.0,
    fps: float = 30.0,
) -> MetricCalibration:
    """Measures the factor that makes metres of a model's depth, and writes the model with it to ``out``.

    ``how``: the name of a measurement and its value, as in height=1.65 (``MEASUREMENTS``).
    """
    name, _, value = how.partition("=")
    if name not in MEASUREMENTS:
        raise unknown("measurement", name, MEASUREMENTS)
    if not value:
        raise HondoError(f"'{how}' has no value; give {name}=VALUE, e.g. height=1.65")
    if is_exported(model):
        raise HondoError(f"{model} is an exported file; scale the model it came from, then export that")
    if out.suffix != ".safetensors":
        raise HondoError(f"out {out}: a model is written as .safetensors", field="out")
    built = settings.build(model)
    if built.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            f"{model} gives relative inverse depth, whose shift differs from image to image: no factor makes metres of "
            "it; choose a model of scaled depth, or fit single images (hondo predict, metric_from)"
        )
    before = built.factor
    built.metres = None  # an earlier camera must not correct what is measured now
    with replace(settings, engine="torch", precision="fp32").load(built) as predictor:
        measuring = Measuring(
            value=value, images=images, camera=camera, predictor=predictor, divide_by=divide_by, fps=fps
        )
        factors = list(MEASUREMENTS[name](measuring))
    metres = calibration(factors, how=how)
    built.set_metres(replace(
        metres, factor=metres.factor * before,
        low=metres.low and metres.low * before, high=metres.high and metres.high * before,
    ))  # fmt: skip
    assert built.metres is not None
    save_model(built, out, licence=licence_of(model, settings), training={})
    return built.metres


def calibration(factors: Sequence[Factor], *, how: str) -> MetricCalibration:
    """The median factor with its bootstrap interval over images; warns where it is wide or not known."""
    if not factors:
        raise HondoError(f"{how}: none of the images gives a scale; give images in which the measurement can be seen")
    values = np.array([factor.value for factor in factors])
    middle = float(np.median(values))
    spread = float(np.median(np.abs(values / middle - 1))) if len(values) > 1 else None
    low = high = None
    if len(values) >= FEWEST:
        drawn = np.random.default_rng(0).choice(values, (RESAMPLES, len(values)))
        low, high = (float(end) for end in np.percentile(np.median(drawn, axis=1), TAILS))
        if (high - low) / middle > WIDE:
            warn(f"{how}: the factor is only known to {(high - low) / middle / 2:.0%}; measure in more images")
    else:
        warn(f"{how}: {len(values)} measurements give no interval (at least {FEWEST}); the factor may be far off")
    focals = [relative_focal(factor.camera) for factor in factors if factor.camera is not None]
    if not focals:
        warn("the camera is not known, so metres cannot follow the focal length of another one; give camera=FILE")
    return MetricCalibration(
        factor=middle, low=low, high=high, spread=spread, images=len(values), how=how,
        focal=float(np.median(focals)) if focals else None,
    )  # fmt: skip
