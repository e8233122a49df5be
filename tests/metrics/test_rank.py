"""Rank correlation: exact on numbers worked by hand, blind to what keeps the order, and of ties."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.metrics.rank import rank_correlation, ranks


def test_ranks_share_their_mean_where_values_are_equal() -> None:
    np.testing.assert_array_equal(ranks(np.array([[3.0, 1.0], [3.0, 2.0]])), [2.5, 0, 2.5, 1])


def test_it_is_exact() -> None:
    # One swap of neighbours among five: 1 - 6 sum d^2 / (n (n^2 - 1)) = 1 - 12 / 120.
    assert rank_correlation(np.arange(5.0), np.array([0.0, 2.0, 1.0, 3.0, 4.0])) == pytest.approx(0.9)


def test_only_the_order_counts() -> None:
    values = np.random.default_rng(0).random((7, 9))
    assert rank_correlation(values, np.exp(3 * values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)


def test_it_is_symmetric_and_little_for_noise() -> None:
    a, b = np.random.default_rng(1).integers(0, 9, (2, 4000)).astype(np.float32)
    assert rank_correlation(a, b) == pytest.approx(rank_correlation(b, a))
    assert abs(rank_correlation(a, b)) < 0.06


def test_a_constant_map_orders_nothing() -> None:
    constant, slope = np.ones((2, 3)), np.arange(6.0).reshape(2, 3)
    assert rank_correlation(constant, slope) == 0
    assert rank_correlation(constant, 2 * constant) == 1


def test_refusals() -> None:
    with pytest.raises(HondoError, match="one size"):
        rank_correlation(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(HondoError, match="not finite"):
        rank_correlation(np.array([1.0, np.nan]), np.ones(2))
