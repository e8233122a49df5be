"""Colours: near is warm, far is cold, unknown is black, and the unit does not matter."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.images.colour import PALETTES, SteadyRange, colourise, display_range


def depth(values: object, kind: DepthKind = DepthKind.METRIC_DEPTH) -> DepthMap:
    return DepthMap(values=np.asarray(values, dtype=np.float32), kind=kind)


def test_near_is_warm_and_unknown_black() -> None:
    near, far, unknown = colourise(depth([[1, 80, np.nan]]), near_far=(1.0, 80.0))[0].astype(int)
    assert near[0] > near[2] and far[2] > far[0] and unknown.tolist() == [0, 0, 0]
    assert colourise(depth([[0.0, -1.0, 1.0, 2.0]]))[0, :2].max() == 0  # depth that is not positive is unknown


@pytest.mark.parametrize("palette", PALETTES)
def test_metres_and_inverse_metres_look_the_same(palette: str) -> None:
    metres = np.random.default_rng(0).uniform(1, 50, (20, 30)).astype(np.float32)
    as_depth = colourise(depth(metres), palette=palette, near_far=(2.0, 40.0))
    as_inverse = colourise(depth(1 / metres, DepthKind.METRIC_INVERSE_DEPTH), palette=palette, near_far=(1 / 2, 1 / 40))
    assert as_depth.shape == (20, 30, 3) and np.abs(as_depth.astype(int) - as_inverse).max() <= 6  # one step


def test_linear_in_inverse_depth_and_saturating() -> None:
    values = np.array([[-1, 0, 0.25, 0.5, 1, 9]])
    grey = colourise(depth(values, DepthKind.RELATIVE_INVERSE_DEPTH), palette="grey", near_far=(1.0, 0.0))
    assert grey[0, :, 0].tolist() == [0, 0, 64, 128, 255, 255]


def test_range_leaves_out_strays() -> None:
    values = np.ones((100, 100))
    values[0, :5], values[:, 50:] = 1e6, 2
    near, far = display_range(depth(values))
    assert (near, far) == (1, 2)
    assert display_range(depth(values, DepthKind.SCALED_INVERSE_DEPTH)) == (2, 1)


def test_constant_and_unknown_maps() -> None:
    assert len(np.unique(colourise(depth(np.full((4, 4), 3.0))).reshape(-1, 3), axis=0)) == 1
    assert colourise(depth(np.full((4, 4), np.nan))).max() == 0
    assert depth(np.ones((2, 2))).color().shape == (2, 2, 3)


def test_refusals() -> None:
    with pytest.raises(HondoError, match="did you mean turbo"):
        colourise(depth([[1.0]]), palette="turbow")
    for ends in ((0.0, 10.0), (1.0, np.inf)):
        with pytest.raises(HondoError, match="near_far must be finite"):
            colourise(depth([[1.0]]), near_far=ends)


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
