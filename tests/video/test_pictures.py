"""Pictures of a source: evenly spread over files and frames, with what cannot be read named."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.io import write_image
from hondo.images.video_file import VideoWriter
from hondo.video.pictures import spread_pictures


def test_files_are_spread(tmp_path) -> None:
    for value in range(10):
        write_image(tmp_path / f"{value}.png", np.full((8, 8, 3), 20 * value, np.uint8))
    assert [picture.max() // 20 for picture in spread_pictures(str(tmp_path), count=5)] == [1, 3, 5, 7, 9]
    assert len(spread_pictures(str(tmp_path), count=99)) == 10


def test_frames_are_spread(tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, size_hw=(32, 32), fps=10) as video:
        for value in range(12):
            video.write(np.full((32, 32, 3), 20 * value, np.uint8), time_s=value / 10)
    found = [round(float(picture.mean()) / 20) for picture in spread_pictures(str(path), count=3)]
    assert found == [0, 4, 8]
    assert len(spread_pictures(str(path), count=50)) == 12


def test_what_cannot_be_read_is_named(album) -> None:
    (album / "a.png").write_bytes(b"no picture")
    with pytest.raises(HondoError, match=r"a\.png"):
        spread_pictures(str(album), count=9)
    with pytest.raises(HondoError, match="camera"):
        spread_pictures("webcam:0", count=9)
