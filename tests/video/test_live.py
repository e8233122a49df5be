"""Cameras and streams: what a missing one says. Real ones cannot be had in a test."""

import pytest

from hondo.core.errors import HondoError
from hondo.video.live import live_frames


def test_a_missing_camera_is_named(capfd) -> None:
    with pytest.raises(HondoError, match=r"webcam:97: no camera answers"):
        next(live_frames("webcam:97"))
    assert len(capfd.readouterr().err) < 200  # no page of warnings


def test_a_camera_needs_a_number() -> None:
    with pytest.raises(HondoError, match="webcam:NUMBER"):
        next(live_frames("webcam:front"))


def test_a_stream_that_nobody_sends_is_named_without_its_password() -> None:
    with pytest.raises(HondoError, match=r"rtsp://127\.0\.0\.1:9/live: cannot read") as caught:
        next(live_frames("rtsp://user:secret@127.0.0.1:9/live"))
    assert "secret" not in str(caught.value)


def test_a_stream_gives_frames_with_times(clip) -> None:
    """Any address PyAV opens is read the same way: a file stands in for the network."""
    frames = list(live_frames(f"file://{clip}"))
    assert len(frames) == 4 and frames[0].image.shape == (24, 48, 3)
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)
