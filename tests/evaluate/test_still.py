"""The variance of what stands still: that of numpy, run by run."""

import numpy as np
import pytest

from hondo.evaluate.still import MIN_RUN, StillPixels

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
