"""Calibration images far from those of training."""

from dataclasses import asdict

import numpy as np
import pytest

from hondo.core.errors import HondoWarning
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.quantization.unlike_data import KEY, ImageStatistics, warn_if_unlike

IMAGES = np.random.default_rng(0).integers(90, 160, (8, 3, 16, 16), dtype=np.uint8)


def test_dark_images_are_warned_of_and_like_ones_are_not() -> None:
    report = {KEY: asdict(ImageStatistics.of(image / np.float32(255) for image in IMAGES))}
    assert warn_if_unlike(Calibration(images=IMAGES), report, model="m") == []
    assert warn_if_unlike(Calibration(images=IMAGES // 4), {}, model="m") == [], "nothing is known of its training"
    with pytest.warns(HondoWarning, match=r"calibration night/ looks unlike the images m was trained on: red 0.1"):
        found = warn_if_unlike(Calibration(images=IMAGES // 4, source="night/"), report, model="m")
    assert [each.split()[0] for each in found[:3]] == ["red", "green", "blue"]
