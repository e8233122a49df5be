"""A stream without a viewer runs to its end; one that failed raises."""

import pytest

from hondo.core.errors import HondoError
from hondo.video.live.live_stream import Stream
from hondo.video.live.stats import StreamState
from hondo.video.sinks.run_headless import run_headless


def test_a_recording_runs_to_its_end(red, clip) -> None:
    stats = run_headless(Stream(str(clip), red))
    assert stats.state is StreamState.ENDED and stats.frames_read == 4


def test_a_source_that_fails_raises_its_reason(red) -> None:
    def broken(control):
        raise HondoError("no such camera")
        yield

    with pytest.raises(HondoError, match="no such camera"):
        run_headless(Stream(broken, red))
