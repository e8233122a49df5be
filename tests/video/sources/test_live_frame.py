"""A live frame: its latency."""

import numpy as np
import pytest

from hondo.core.types import DepthKind, DepthMap
from hondo.video.sources.live_frame import FeedControl, LiveFrame


def test_latency_is_from_capture_to_depth() -> None:
    frame = LiveFrame(
        number=0, image=np.zeros((2, 3, 3), np.uint8), near_far=(1, 2), captured_at=5.0, done_at=5.025, time_s=0,
        depth_map=DepthMap(values=np.ones((2, 3), np.float32), kind=DepthKind.METRIC_DEPTH),
    )  # fmt: skip
    assert frame.latency_ms == pytest.approx(25)


def test_two_sources_share_no_signal() -> None:
    one, other = FeedControl(), FeedControl()
    one.stopped.set()
    assert not other.stopped.is_set()
