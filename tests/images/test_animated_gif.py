"""Animated GIFs, also those whose images state no delay."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.images.animated_gif import gif_frames
from hondo.images.video_file import probe_video, read_video


def write(path: Path, count: int, **options: object) -> Path:
    images = [Image.new("RGB", (32, 24), (60 * number, 0, 200)) for number in range(count)]
    images[0].save(path, save_all=True, append_images=images[1:], **options)
    return path


@pytest.mark.parametrize(("options", "step_s"), [({}, 0.1), ({"duration": 40}, 0.04), ({"duration": 10}, 0.1)])
def test_every_image_with_its_time(tmp_path: Path, options: dict, step_s: float) -> None:
    path = write(tmp_path / "a.gif", 4, **options)
    frames = list(read_video(path))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 60, 120, 180]
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(4) * step_s)
    found = probe_video(path)
    assert (found.size_hw, found.frame_count) == ((24, 32), 4)
    assert found.fps == pytest.approx(1 / step_s) and found.duration_s == pytest.approx(4 * step_s)


def test_a_choice_of_images(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif", 4)
    assert [int(frame.image[0, 0, 0]) for frame in read_video(path, every=2)] == [0, 120]
    assert [int(frame.image[0, 0, 0]) for frame in read_video(path, every=2, max_frames=1)] == [0]
    assert len(list(read_video(path, max_frames=3))) == 3


def test_damage_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gif", 4)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(HondoError, match=r"a\.gif"):
        list(gif_frames(path))
