import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.metrics.sparsification import sparsification

ERROR = np.random.default_rng(0).gamma(1.0, size=5000)


def test_the_error_itself_is_the_best_uncertainty():
    found = sparsification(ERROR, ERROR)
    assert found.ause == pytest.approx(0) and found.aurg > 0


def test_a_constant_is_chance_wherever_the_errors_lie():
    assert sparsification(np.sort(ERROR), np.zeros_like(ERROR)).aurg == pytest.approx(0)


def test_the_wrong_order_is_worse_than_chance():
    assert sparsification(ERROR, -ERROR).aurg < 0


def test_both_areas_add_up_to_that_between_chance_and_the_oracle():
    oracle = sparsification(ERROR, ERROR).aurg
    noisy = sparsification(ERROR, ERROR + np.random.default_rng(1).normal(size=ERROR.size))
    assert noisy.ause + noisy.aurg == pytest.approx(oracle) and 0 < noisy.aurg < oracle


def test_two_halves_by_hand():
    error = np.repeat([1.0, 3.0], 50)
    found = sparsification(error, error, finish=lambda mean: mean)
    left = np.arange(50) * 2  # pixels left out
    curve = np.where(left < 50, (50 + 3 * (50 - left)) / (100 - left), 1)
    assert found.aurg == pytest.approx(np.trapezoid(2 - curve, dx=0.02))


def test_what_is_not_finite_is_refused():
    with pytest.raises(HondoError, match="finite"):
        sparsification(np.array([1.0, np.nan]), np.zeros(2))
