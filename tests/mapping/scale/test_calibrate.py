"""The factor of many measurements, with its interval."""

import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.mapping.scale.calibrate import calibration
from hondo.mapping.scale.measurements import Factor
from tests.mapping.textured_room import CAMERA


def factors(values) -> list[Factor]:
    return [Factor(value=float(value), camera=CAMERA) for value in values]


def test_the_median_withstands_outliers_and_has_an_interval() -> None:
    values = np.concatenate((np.random.default_rng(0).normal(3, 0.06, 30), [30, 0.1]))
    found = calibration(factors(values), how="height=1.5")
    assert found.low is not None and found.high is not None and found.spread is not None
    assert found.low < 3 < found.high and found.high - found.low < 0.15 and found.spread < 0.05
    assert found.images == 32 and found.focal == pytest.approx(CAMERA.fx / np.sqrt(192 * 256))


def test_few_or_scattered_measurements_are_warned_of() -> None:
    with pytest.warns(HondoWarning, match="no interval"):
        assert calibration(factors([2.0]), how="known").low is None
    with pytest.warns(HondoWarning, match="only known to"):
        calibration(factors(np.linspace(1, 5, 8)), how="lidar")
    with pytest.raises(HondoError, match="none of the images"):
        calibration([], how="height=1")
