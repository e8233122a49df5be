"""Decoding of damaged videos: what is readable is read, the rest is counted."""

import pytest

from hondo.core.errors import HondoError
from hondo.video.sources.tolerant_decode import decoded_file


def test_times_start_at_zero(clip) -> None:
    damaged = []
    frames = list(decoded_file(clip, corrupt=lambda: damaged.append(1)))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.3, 0.4], abs=1e-3) and not damaged


def test_a_file_without_a_frame_is_refused(tmp_path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0" * 100)
    with pytest.raises(HondoError, match="cannot be read"):
        list(decoded_file(path, corrupt=lambda: None))
