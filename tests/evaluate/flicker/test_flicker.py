"""Flicker: what is added is measured, what only moves is not; cuts, gaps and unknown values are left out."""

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.evaluate.flicker.flicker import FlickerSeries

WORLD_HW = (80, 220)


def world(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (*WORLD_HW, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


def depth(kind: DepthKind) -> np.ndarray:
    values = 1 + np.random.default_rng(3).random((8, 22), dtype=np.float32)
    values = cv2.resize(values, WORLD_HW[::-1], interpolation=cv2.INTER_LINEAR)
    return values - 1.5 if kind is DepthKind.RELATIVE_INVERSE_DEPTH else values


def pan(factors, *, kind=DepthKind.SCALED_INVERSE_DEPTH, step: int = 2) -> FlickerSeries:
    """A window that slides over a flat world, its depth times a factor a frame."""
    series, image, values = FlickerSeries(), world(), depth(kind)
    for number, factor in enumerate(factors):
        window = (slice(0, 64), slice(step * number, step * number + 128))
        shown = np.ascontiguousarray(values[window] * np.float32(factor))
        series.add(np.ascontiguousarray(image[window]), DepthMap(values=shown, kind=kind))
    return series


@pytest.mark.parametrize("kind", DepthKind)
def test_what_only_moves_does_not_flicker(kind) -> None:
    flicker = pan([1.0] * 8, kind=kind).result()
    assert flicker.warped < 0.004 and flicker.static is None
    assert flicker.num_pairs == 7 and flicker.num_cuts == 0 and flicker.seen > 0.8


@pytest.mark.parametrize("kind", [DepthKind.SCALED_INVERSE_DEPTH, DepthKind.METRIC_DEPTH])
def test_a_factor_that_swings_is_the_flicker(kind) -> None:
    flicker = pan([1.0, 1.1] * 5, kind=kind).result()
    assert flicker.warped == pytest.approx(np.log(1.1), rel=0.03)


def test_where_the_image_stands_still_there_is_a_deviation() -> None:
    swing = np.exp(np.random.default_rng(1).normal(0, 0.05, 12))
    flicker = pan(swing, step=0).result()
    assert flicker.static == pytest.approx(np.log(swing).std(ddof=1), rel=0.01)
    assert flicker.warped == pytest.approx(np.abs(np.diff(np.log(swing))).mean(), rel=0.01)
    assert [row.name for row in flicker.rows("x")] == ["flicker", "static flicker"]


def test_relative_depth_is_measured_by_its_spread() -> None:
    """A factor over all of it means the same flicker, whatever the unit."""
    small = pan([1.0, 1.2] * 4, kind=DepthKind.RELATIVE_INVERSE_DEPTH).result()
    large = pan([50.0, 60.0] * 4, kind=DepthKind.RELATIVE_INVERSE_DEPTH).result()
    assert small.warped == pytest.approx(large.warped, rel=1e-3) and 0.01 < small.warped < 0.2


def test_cuts_and_frames_without_depth_are_left_out() -> None:
    series = FlickerSeries()
    for seed in (0, 0, 1, 1):
        values = np.full(WORLD_HW, 1 + seed, np.float32)
        series.add(world(seed), DepthMap(values=values, kind=DepthKind.METRIC_DEPTH))
    series.skip()
    series.add(world(1), DepthMap(values=np.full(WORLD_HW, 9, np.float32), kind=DepthKind.METRIC_DEPTH))
    flicker = series.result()
    assert (flicker.num_pairs, flicker.num_cuts, flicker.num_failed) == (2, 1, 1) and flicker.warped < 1e-6
    assert "1 pairs of different scenes" in flicker.note() and "1 frames without" in flicker.note()


def test_unknown_and_impossible_values_do_not_count() -> None:
    series = FlickerSeries()
    for number in range(4):
        values = np.full(WORLD_HW, 2, np.float32)
        values[:30], values[30:40] = np.nan, -number
        series.add(world(), DepthMap(values=values, kind=DepthKind.METRIC_DEPTH))
    assert series.result().warped < 1e-6


def test_maps_may_be_smaller_than_their_images() -> None:
    series = FlickerSeries()
    for factor in (1.0, 1.1):
        series.add(world(), DepthMap(values=np.full((20, 55), factor, np.float32), kind=DepthKind.METRIC_DEPTH))
    assert series.result().warped == pytest.approx(np.log(1.1), rel=1e-3)


def test_one_frame_or_two_sizes_are_refused() -> None:
    series = FlickerSeries()
    series.add(world(), DepthMap(values=np.ones(WORLD_HW, np.float32), kind=DepthKind.METRIC_DEPTH))
    with pytest.raises(HondoError, match="neighbouring frames"):
        series.result()
    with pytest.raises(HondoError, match="frames of one size"):
        series.add(world()[:50], DepthMap(values=np.ones((50, 220), np.float32), kind=DepthKind.METRIC_DEPTH))
