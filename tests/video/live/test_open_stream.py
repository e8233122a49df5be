"""A stream by the name of its source, and the settings it refuses."""

import pytest

from hondo.core.errors import HondoError
from hondo.video.live.open_stream import LiveSettings, open_stream
from hondo.video.live.stats import StreamState
from hondo.video.sources.source_list import CLIP


@pytest.mark.parametrize(
    ("settings", "message"), [({"min_size": (32, 64)}, "min_size needs fps"), ({"fps": 0.0}, "fps must be positive")]
)
def test_refuses(settings: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        LiveSettings(source=CLIP, **settings)


def test_the_embedded_clip_is_a_source_and_the_stream_waits(red) -> None:
    stream = open_stream(LiveSettings(source=CLIP), red)
    assert stream.stats().state is StreamState.STARTING and stream.stats().frames_read == 0
