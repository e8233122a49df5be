"""Metres follow the focal length, and say so."""

import warnings
from dataclasses import replace

import pytest

from hondo.core.errors import HondoWarning
from hondo.core.types import Camera
from hondo.models.base.metric_calibration import MetricCalibration, relative_focal

CAMERA = Camera(fx=100, fy=100, cx=50, cy=40, size_hw=(80, 100))
FOUND = MetricCalibration(factor=3.0, focal=relative_focal(CAMERA))


def test_the_same_camera_at_another_size_changes_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert FOUND.for_camera(CAMERA.resized((160, 200)), model="m") == 1
        assert replace(FOUND, focal=None).for_camera(None, model="m") == 1


def test_twice_the_focal_length_is_twice_the_depth() -> None:
    with pytest.warns(HondoWarning, match="2 times that of the camera m was scaled with"):
        assert FOUND.for_camera(replace(CAMERA, fx=200.0), model="m") == pytest.approx(2)
    with pytest.warns(HondoWarning, match="give camera=FILE"):
        assert FOUND.for_camera(None, model="m") == 1
