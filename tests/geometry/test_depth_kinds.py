"""A depth map as another kind."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap

VALUES = np.array([[1.0, 2.0], [4.0, np.nan]], dtype=np.float32)


def of(kind: DepthKind) -> DepthMap:
    return DepthMap(values=VALUES, kind=kind)


def test_metres_are_the_factor_times_depth():
    metric = of(DepthKind.SCALED_INVERSE_DEPTH).to("metric", factor=2.0)
    assert metric.kind is DepthKind.METRIC_DEPTH and metric.values.dtype == np.float32
    np.testing.assert_array_equal(metric.values, np.array([[2, 1], [0.5, np.nan]], dtype=np.float32))
    inverse = of(DepthKind.SCALED_INVERSE_DEPTH).to(DepthKind.METRIC_INVERSE_DEPTH, factor=2.0)
    np.testing.assert_allclose(inverse.depth(), metric.values)


def test_metric_kinds_become_each_other():
    depth = of(DepthKind.METRIC_DEPTH)
    assert depth.to("metric") is depth
    there = depth.to("metric_inverse_depth")
    assert there.kind is DepthKind.METRIC_INVERSE_DEPTH and there.to("metric_depth") == depth
    np.testing.assert_array_equal(depth.to("metric", factor=3).values, 3 * VALUES)  # a factor corrects metres


@pytest.mark.parametrize(
    ("kind", "to", "factor", "message"),
    [
        (DepthKind.SCALED_INVERSE_DEPTH, "metric", None, "give factor"),
        (DepthKind.RELATIVE_INVERSE_DEPTH, "metric", 2.0, "shift of a relative map is not known"),
        (DepthKind.METRIC_DEPTH, "metres", None, "kind of depth 'metres'"),
        (DepthKind.SCALED_INVERSE_DEPTH, "metric", -1.0, "positive number, got -1"),
        (DepthKind.SCALED_INVERSE_DEPTH, "metric", np.inf, "positive number, got inf"),
    ],
)
def test_what_is_not_known_is_refused(kind, to, factor, message):
    with pytest.raises(HondoError, match=message):
        of(kind).to(to, factor=factor)
