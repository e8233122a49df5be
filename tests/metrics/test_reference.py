import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.metrics.reference import abs_rel_to_reference

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
