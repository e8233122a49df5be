"""Rank correlation: exact on numbers worked by hand, blind to what keeps the order, and of ties."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.metrics.reference import abs_rel_to_reference, rank_correlation, ranks

DEPTH = np.array([[1.0, 2.0], [4.0, 10.0]], dtype=np.float32)


def test_a_depth_that_is_a_tenth_longer_is_a_tenth_off() -> None:
    assert abs_rel_to_reference(1.1 * DEPTH, DEPTH, kind=DepthKind.METRIC_DEPTH) == pytest.approx(0.1)


@pytest.mark.parametrize("kind", [DepthKind.METRIC_INVERSE_DEPTH, DepthKind.SCALED_INVERSE_DEPTH])
def test_inverse_depth_is_judged_as_depth(kind: DepthKind) -> None:
    as_depth = abs_rel_to_reference(DEPTH + 0.5, DEPTH, kind=DepthKind.METRIC_DEPTH)
    assert abs_rel_to_reference(1 / (DEPTH + 0.5), 1 / DEPTH, kind=kind) == pytest.approx(as_depth)


def test_relative_inverse_depth_knows_no_factor_and_no_shift() -> None:
    reference = np.linspace(-3, 7, 1000, dtype=np.float32)
    given = reference + np.float32(0.1) * np.sin(reference)
    errors = [
        abs_rel_to_reference(a * given + b, a * reference + b, kind=DepthKind.RELATIVE_INVERSE_DEPTH)
        for a, b in ((1, 0), (5, 0), (5, -40))
    ]
    assert 0 < errors[0] < 0.1 and errors == pytest.approx(errors[:1] * 3, rel=1e-3)


@pytest.mark.parametrize("kind", list(DepthKind))
def test_the_same_map_is_not_off_even_if_it_is_zero(kind: DepthKind) -> None:
    for same in (DEPTH, np.zeros_like(DEPTH), -DEPTH):
        assert abs_rel_to_reference(same, same, kind=kind) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_infinitely_far(bad: float) -> None:
    assert abs_rel_to_reference(DEPTH * bad, DEPTH, kind=DepthKind.METRIC_DEPTH) == float("inf")


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
