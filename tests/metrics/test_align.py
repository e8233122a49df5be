"""Alignments find what was undone, and refuse what cannot be aligned."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.metrics.align import least_squares_scale, least_squares_scale_shift, median_scale

RNG = np.random.default_rng(0)
GT = RNG.uniform(1, 10, (20, 30))


def test_each_undoes_its_own_change():
    assert median_scale(GT / 7, GT) == pytest.approx(7, rel=1e-12)
    assert least_squares_scale(GT / 7, GT) == pytest.approx(7, rel=1e-12)
    fit = least_squares_scale_shift((GT - 0.5) / 3, GT)
    assert fit == pytest.approx((3, 0.5), rel=1e-9)


def test_least_squares_is_a_minimum():
    pred = GT * RNG.uniform(0.5, 2, GT.shape)

    def loss(scale: float, shift: float = 0.0) -> float:
        return float(((scale * pred + shift - GT) ** 2).sum())

    scale = least_squares_scale(pred, GT)
    fit = least_squares_scale_shift(pred, GT)
    for step in (-1e-3, 1e-3):
        assert loss(scale) < loss(scale + step)
        assert loss(*fit) < loss(fit.scale + step, fit.shift)
        assert loss(*fit) < loss(fit.scale, fit.shift + step)


def test_only_valid_pixels_count():
    pred, is_valid = GT / 2, GT > 5
    spoiled = np.where(is_valid, pred, 1000)
    assert median_scale(spoiled, GT, is_valid=is_valid) == pytest.approx(2)
    assert least_squares_scale(spoiled, GT, is_valid=is_valid) == pytest.approx(2)
    assert least_squares_scale_shift(spoiled, GT, is_valid=is_valid) == pytest.approx((2, 0), abs=1e-9)


def test_a_constant_prediction_gets_the_mean():
    fit = least_squares_scale_shift(np.full_like(GT, 0.3), GT)
    assert fit == pytest.approx((0, GT.mean()))


def test_refusals():
    with pytest.raises(HondoError, match="median of the prediction is 0"):
        median_scale(np.zeros_like(GT), GT)
    with pytest.raises(HondoError, match="median of the prediction is inf"):
        median_scale(np.full_like(GT, np.inf), GT)
    with pytest.raises(HondoError, match="must be positive"):
        least_squares_scale(-GT, GT)
    with pytest.raises(HondoError, match="no pixel"):
        median_scale(GT, GT, is_valid=np.zeros(GT.shape, dtype=bool))
    with pytest.raises(HondoError, match="shape"):
        median_scale(GT[1:], GT)
