"""The filter's laws: nothing to correct where nothing differs, noise is averaged, changes and mistrust pass through."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.video.temporal.steady import Steady, SteadyConfig, correction

RNG = np.random.default_rng(0)
ONE = np.ones((48, 160), dtype=np.float32)


def test_equal_maps_are_left_alone() -> None:
    assert (correction(ONE, ONE, trust=ONE) == 0).all()


def test_a_difference_is_taken_over_by_the_share_of_the_past() -> None:
    np.testing.assert_allclose(correction(ONE, ONE + 0.1, trust=ONE, memory=0.8), 0.08, rtol=0.03)


@pytest.mark.parametrize("jump", [2.0, -5.0])
def test_what_changed_beyond_the_limit_is_new(jump) -> None:
    np.testing.assert_allclose(correction(ONE, ONE + jump, trust=ONE), 0, atol=0.01 * abs(jump))


def test_what_is_not_trusted_is_new() -> None:
    assert (correction(ONE, ONE + 0.1, trust=0 * ONE) == 0).all()


def test_noise_of_the_grain_of_networks_falls_below_half() -> None:
    past, before, steps, raw = ONE, ONE, [], []
    for _ in range(40):
        now = ONE + 0.5 * cv2.GaussianBlur(RNG.normal(0, 1, ONE.shape).astype(np.float32), (0, 0), 3)
        new = now + correction(now, past, trust=ONE, memory=0.85)
        steps.append(np.abs(new - past).mean())
        raw.append(np.abs(now - before).mean())
        past, before = new, now
    assert np.mean(steps[5:]) < 0.5 * np.mean(raw[5:])


def test_flicker_of_regions_falls_to_a_tenth() -> None:
    past, steps = ONE, []
    for number in range(40):
        now = ONE + np.float32(0.1 * (-1) ** number)
        new = now + correction(now, past, trust=ONE, memory=0.85)
        steps.append(np.abs(new - past).mean())
        past = new
    assert np.mean(steps[-10:]) < 0.2 * 0.2


SIZE = (96, 160)


def image(seed: int = 0, size_hw=SIZE) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def truth(kind: DepthKind) -> np.ndarray:
    """A slope and a box that is nearer; relative maps may be negative."""
    values = np.linspace(0.2, 0.6, SIZE[0], dtype=np.float32)[:, None].repeat(SIZE[1], 1)
    values[30:60, 50:90] = 1.2
    return values - 0.5 if kind is DepthKind.RELATIVE_INVERSE_DEPTH else values


def flickering(kind: DepthKind, count: int = 40):
    """The truth, each time under another factor (and shift) of its kind, with regions that swing by themselves."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        values = truth(kind)
        swing = cv2.resize(rng.normal(0, 0.04, (4, 6)).astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        factor = np.float32(1 + 0.1 * rng.uniform(-1, 1))
        values = values + swing if kind is DepthKind.RELATIVE_INVERSE_DEPTH else values * (1 + swing)
        yield DepthMap(values=(values * factor).astype(np.float32), kind=kind)


def swing(maps: list[DepthMap]) -> float:
    """Mean change from frame to frame, after the filter has settled."""
    return float(np.mean([np.abs(b.values - a.values).mean() for a, b in pairwise(maps[10:])]))


@pytest.mark.parametrize("kind", DepthKind)
def test_flicker_falls_below_a_third_and_the_shape_stays(kind) -> None:
    raw = list(flickering(kind))
    steady = Steady()
    calm = [steady(image(), depth_map) for depth_map in raw]
    assert swing(calm) < swing(raw) / 3
    assert all(map_.kind is kind and map_.values.dtype == np.float32 for map_ in calm)
    fitted = np.polynomial.polynomial.polyfit(truth(kind).ravel(), calm[-1].values.ravel(), 1)
    error = calm[-1].values - np.polynomial.polynomial.polyval(truth(kind), fitted)
    assert np.abs(error).mean() < 0.03 and fitted[1] == pytest.approx(1, abs=0.2)


def test_edges_stay_sharp() -> None:
    steady = Steady()
    maps = [steady(image(), depth_map) for depth_map in flickering(DepthKind.SCALED_INVERSE_DEPTH)]
    row = maps[-1].values[45]
    assert row[51] / row[49] > 1.8  # of a true step of 1.2 to 0.39, one pixel wide


def test_an_object_that_moves_by_itself_leaves_no_trail() -> None:
    background, thing = image(), image(5)
    steady = Steady()
    for step in range(20):
        left = 5 + 6 * step
        shown, values = background.copy(), np.full(SIZE, 0.3, np.float32)
        shown[30:70, left : left + 30], values[30:70, left : left + 30] = thing[30:70, :30], 1.0
        calm = steady(shown, DepthMap(values=values, kind=DepthKind.METRIC_INVERSE_DEPTH)).values
        error = np.abs(calm - values) / values
        assert error.mean() < 0.03 and (error > 0.25).mean() < 0.03


def test_a_cut_begins_anew() -> None:
    steady, kind = Steady(), DepthKind.SCALED_INVERSE_DEPTH
    for _ in range(5):
        steady(image(), DepthMap(values=truth(kind), kind=kind))
    new = DepthMap(values=5 * truth(kind)[::-1].copy(), kind=kind)
    np.testing.assert_allclose(steady(image(9), new).values, new.values, rtol=0.02)


def test_metres_follow_the_network() -> None:
    """A metric map that is really 10 % farther from now on is so after the filter's few frames."""
    steady, kind = Steady(), DepthKind.METRIC_DEPTH
    for factor in (1.0,) * 5 + (1.1,) * 25:
        calm = steady(image(), DepthMap(values=np.float32(factor) / truth(kind), kind=kind))
    np.testing.assert_allclose(calm.values, 1.1 / truth(kind), rtol=0.01)


def test_the_scale_of_a_clip_goes_slowly_to_the_networks_own() -> None:
    steady, kind, seen = Steady(), DepthKind.SCALED_INVERSE_DEPTH, []
    for factor in (1.0,) * 5 + (1.5,) * 200:
        calm = steady(image(), DepthMap(values=np.float32(factor) * truth(kind), kind=kind))
        seen.append(float(np.median(calm.values / truth(kind))))
    assert seen[5] < 1.03 and seen[-1] == pytest.approx(1.5, rel=0.01) and (np.diff(seen) > -1e-4).all()


def test_a_first_frame_and_everything_beside_the_values_is_kept() -> None:
    camera = Camera.from_fov(60, size_hw=SIZE)
    first = DepthMap(
        values=truth(DepthKind.METRIC_DEPTH), kind=DepthKind.METRIC_DEPTH, camera=camera, image_rgb=image()
    )
    steady = Steady()
    assert steady(image(), first) is first
    second = steady(image(), replace(first, values=first.values * 1.01))
    assert second.camera == camera and second.image_rgb is first.image_rgb


def test_unknown_values_stay_unknown_and_alone() -> None:
    steady, kind = Steady(), DepthKind.METRIC_DEPTH
    values = truth(kind)
    values[10:20, 10:40] = np.nan
    for _ in range(5):
        calm = steady(image(), DepthMap(values=values, kind=kind)).values
    np.testing.assert_allclose(calm, values, rtol=0.02, equal_nan=True)
    nothing = DepthMap(values=np.full(SIZE, np.nan, np.float32), kind=kind)
    assert np.isnan(steady(image(), nothing).values).all()
    assert np.isfinite(steady(image(), DepthMap(values=truth(kind), kind=kind)).values).all()


@pytest.mark.parametrize("size_hw", [(1, 1), (7, 90), (33, 20)])
def test_sizes_may_change_and_be_odd(size_hw) -> None:
    steady, kind = Steady(), DepthKind.SCALED_INVERSE_DEPTH
    for size in (SIZE, size_hw, size_hw, SIZE):
        values = np.full(size, 0.5, np.float32)
        np.testing.assert_allclose(steady(image(0, size), DepthMap(values=values, kind=kind)).values, values, rtol=1e-4)


def test_the_same_frames_give_the_same_maps() -> None:
    def run() -> np.ndarray:
        steady = Steady()
        return [steady(image(), m).values for m in flickering(DepthKind.SCALED_INVERSE_DEPTH, 6)][-1]

    np.testing.assert_array_equal(run(), run())


@pytest.mark.parametrize("wrong", [{"memory": 1.0}, {"leak": -0.1}, {"limit": 0}, {"memory": float("nan")}])
def test_wrong_settings_are_refused(wrong) -> None:
    with pytest.raises(HondoError, match="steadiness needs"):
        SteadyConfig(**wrong)
