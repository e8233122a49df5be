"""The filter's laws: nothing to correct where nothing differs, noise is averaged, changes and mistrust pass through."""

import cv2
import numpy as np
import pytest

from hondo.video.smooth import correction

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
