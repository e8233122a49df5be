"""The numbers of a stream: rates by the spans between frames, latencies of the last seconds."""

import time

import pytest

from hondo.video.live.stats import Tally


def test_rates_and_latencies_are_those_of_the_frames() -> None:
    tally, now = Tally(), time.monotonic()
    for number in range(5):
        at = now - 1 + 0.1 * number
        tally.count_read(at)
        tally.count_done(captured_at=at, done_at=at + 0.05, work_s=0.02)
    rates = tally.rates()
    assert rates["fps"] == pytest.approx(10) and rates["source_fps"] == pytest.approx(10)
    assert rates["latency_ms"] == pytest.approx(50) and rates["predict_ms"] == pytest.approx(20)
    assert (tally.read, tally.predicted) == (5, 5)


def test_without_frames_nothing_is_known() -> None:
    rates = Tally().rates()
    assert rates["fps"] == 0 and rates["latency_ms"] is None and rates["predict_ms"] is None


def test_a_lost_source_is_there_again_with_its_next_frame() -> None:
    tally = Tally()
    tally.count_lost("unplugged")
    assert (tally.is_lost, tally.reason, tally.reconnects) == (True, "unplugged", 1)
    tally.count_read(time.monotonic())
    assert (tally.is_lost, tally.reason) == (False, "")
