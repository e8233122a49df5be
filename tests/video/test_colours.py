"""The steady colour range: it follows slowly, and near stays near."""

import numpy as np
import pytest

from hondo.core.types import DepthKind, DepthMap
from hondo.video.colours import SteadyRange


def ramp(kind: DepthKind, *, scale: float = 1.0) -> DepthMap:
    return DepthMap(values=scale * np.linspace(1, 2, 64 * 64, dtype=np.float32).reshape(64, 64), kind=kind)


def test_near_is_the_large_end_of_inverse_depth_and_the_small_end_of_depth() -> None:
    near, far = SteadyRange()(ramp(DepthKind.SCALED_INVERSE_DEPTH))
    assert near > 1.9 and far < 1.1
    near, far = SteadyRange()(ramp(DepthKind.METRIC_DEPTH))
    assert near < 1.1 and far > 1.9


def test_ends_follow_by_a_tenth_of_the_way() -> None:
    steady = SteadyRange(memory=0.9)
    before = np.array(steady(ramp(DepthKind.METRIC_DEPTH)))
    after = np.array(steady(ramp(DepthKind.METRIC_DEPTH, scale=1.2)))
    np.testing.assert_allclose(after, 1.02 * before, rtol=1e-5)


def test_another_scene_is_followed_sooner() -> None:
    steady = SteadyRange()
    before = np.array(steady(ramp(DepthKind.METRIC_DEPTH)))
    for _ in range(20):
        after = np.array(steady(ramp(DepthKind.METRIC_DEPTH, scale=3)))
    assert (after > 2 * before).all()


def test_unknown_values_keep_the_past() -> None:
    steady = SteadyRange()
    before = steady(ramp(DepthKind.METRIC_DEPTH))
    nothing = DepthMap(values=np.full((8, 8), np.nan, np.float32), kind=DepthKind.METRIC_DEPTH)
    assert steady(nothing) == pytest.approx(before)
