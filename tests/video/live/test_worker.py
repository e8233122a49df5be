"""A predictor that follows the frame budget while it runs."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.video.live.live_stream import Stream
from hondo.video.live.worker import AdaptivePredictor
from hondo.video.sources.live_frame import Captured


@pytest.fixture
def heavy(red):
    """A network of 128x128 whose time is that of its area: 32 ms at the native size."""

    def run(image):
        time.sleep(image.shape[2] * image.shape[3] * 2e-6)
        return image[:, :1]

    return replace(red, input_spec=InputSpec(size_hw=(128, 128), multiple_of=16), network=run)


def feed(control):
    number = 0
    while not control.stopped.wait(0.01):
        yield Captured(image=np.zeros((64, 64, 3), np.uint8), captured_at=time.monotonic(), time_s=number / 100)
        number += 1


def test_a_stream_lowers_its_size_for_the_rate(heavy) -> None:
    with Stream(feed, heavy, fps=60) as stream:
        end = time.monotonic() + 15
        while stream.stats().network_size_hw in (None, (128, 128)) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        stats = stream.stats()
    height, width = stats.network_size_hw
    assert 64 * 64 <= height * width < 128 * 128 and stats.notes == ()


def test_without_a_rate_the_size_stays(heavy) -> None:
    adaptive = AdaptivePredictor(heavy, fps=None, bounds=None)
    for _ in range(50):
        assert adaptive.current((64, 64)) is heavy
        adaptive.observe(1.0, source_fps=100)
    assert adaptive.note == ""


def test_a_slow_source_asks_for_no_more_than_its_own_rate(heavy) -> None:
    adaptive = AdaptivePredictor(heavy, fps=60, bounds=None)
    for _ in range(50):
        adaptive.current((64, 64))
        adaptive.observe(0.05, source_fps=10)
    assert adaptive.current((64, 64)).network_size((64, 64)) == (128, 128)


def test_another_size_is_made_ready_beside_the_running_one(heavy) -> None:
    made, compiled = [], threading.Event()

    def run(image):
        made.append(image.shape[2:])
        assert len(made) == 1 or compiled.wait(20)
        return image[:, :1]

    adaptive = AdaptivePredictor(replace(heavy, network=run), fps=60, bounds=((64, 64), (128, 128)))
    adaptive.current((64, 64))
    assert made == [(128, 128)]
    for _ in range(20):
        adaptive.observe(1.0, source_fps=100)
    during = adaptive.current((64, 64))
    assert adaptive.is_preparing and during.network_size((64, 64)) == (128, 128)
    compiled.set()
    while adaptive.is_preparing:
        time.sleep(0.01)
    assert adaptive.current((64, 64)).network_size((64, 64)) == (64, 64) and made == [(128, 128), (64, 64)]


def test_a_fixed_network_says_that_it_cannot(red) -> None:
    fixed = replace(red, input_spec=replace(red.input_spec, fixed=True))
    assert "one size, 32x64" in AdaptivePredictor(fixed, fps=30, bounds=None).note


@pytest.mark.parametrize("fps", [0, -5, float("nan"), float("inf")])
def test_a_rate_must_be_one(red, fps) -> None:
    with pytest.raises(HondoError, match="fps must lie"):
        AdaptivePredictor(red, fps=fps, bounds=None)
