"""Which pixels two frames share: those that moved along, not those that were hidden or are gone."""

import cv2
import numpy as np
import pytest

from hondo.evaluate.flicker.correspondence import MIN_RUN, MOST_PIXELS, StillPixels, compared_size, correspondence
from hondo.images.optical_flow import OpticalFlow


def test_a_pan_is_seen_but_for_what_came_in() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 200, 3), dtype=np.uint8)
    wide = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    before, now = np.ascontiguousarray(wide[:, :160]), np.ascontiguousarray(wide[:, 10:170])
    matched = correspondence(OpticalFlow(is_fine=True), before, now)
    assert matched.is_seen[10:-10, 10:-20].mean() > 0.95 and matched.is_seen[:, -8:].mean() < 0.2
    assert np.median(matched.moved_px[10:-10, 10:-20]) == pytest.approx(10, abs=0.3)
    covered = now.copy()
    covered[30:60, 60:100] = 255 - covered[30:60, 60:100]
    assert correspondence(OpticalFlow(is_fine=True), before, covered).is_seen[35:55, 65:95].mean() < 0.3


@pytest.mark.parametrize("size_hw", [(1, 1), (480, 640), (2160, 3840), (20, 4000)])
def test_the_compared_size_is_bounded(size_hw) -> None:
    height, width = compared_size(size_hw)
    assert min(height, width) >= 32 and height * width < 1.5 * MOST_PIXELS


RNG = np.random.default_rng(0)
STILL, MOVING = np.ones((6, 8), dtype=bool), np.zeros((6, 8), dtype=bool)


def test_one_run_has_its_variance() -> None:
    frames = RNG.normal(3, 0.2, (20, 6, 8)).astype(np.float32)
    still = StillPixels((6, 8))
    for number, frame in enumerate(frames):
        still.add(frame, is_still=STILL if number else MOVING)
    assert still.deviation() == pytest.approx(np.sqrt(frames.astype(float).var(axis=0, ddof=1).mean()), rel=1e-6)


def test_two_runs_are_averaged_by_their_lengths_and_a_jump_between_them_does_not_count() -> None:
    first, second = RNG.normal(0, 1, (5, 6, 8)).astype(np.float32), RNG.normal(100, 2, (9, 6, 8)).astype(np.float32)
    still = StillPixels((6, 8))
    for run in (first, second):
        for number, frame in enumerate(run):
            still.add(frame, is_still=STILL if number else MOVING)
    squares = sum(len(run - 1) and (run.var(axis=0, ddof=0) * len(run)).sum() for run in (first, second))
    assert still.deviation() == pytest.approx(np.sqrt(squares / (48 * (4 + 8))), rel=1e-5)


def test_short_runs_say_nothing() -> None:
    still = StillPixels((6, 8))
    for number in range(20):
        still.add(np.full((6, 8), number, np.float32), is_still=MOVING if number % (MIN_RUN - 1) == 0 else STILL)
    assert still.deviation() is None


def test_unknown_values_do_not_count() -> None:
    still = StillPixels((6, 8))
    for number in range(8):
        frame = np.full((6, 8), number % 2, np.float32)
        frame[0] = np.nan
        still.add(frame, is_still=STILL)
    assert still.deviation() == pytest.approx(np.sqrt(8 * 0.25 / 7))
