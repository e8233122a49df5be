"""Calibration pictures of any SOURCE: evenly spread, broken ones told, cameras refused."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.images.io import write_image
from hondo.images.video_file import VideoWriter
from hondo.video.calibration import read_calibration

SPEC = InputSpec(size_hw=(32, 64), multiple_of=32)


def shade(number: int) -> np.ndarray:
    """A picture that tells its number by how bright its left half is."""
    picture = np.zeros((32, 64, 3), dtype=np.uint8)
    picture[:, :32] = 4 * number + 8
    return picture


def numbers(text: str, **how) -> list[int]:
    calibration = read_calibration(text, spec=SPEC, size_hw=(32, 64), **how)
    return [round((float(picture[:, :, :16].mean()) - 8) / 4) for picture in calibration.pictures]


def test_pictures_of_a_folder_are_evenly_spread(tmp_path) -> None:
    for number in range(40):
        write_image(tmp_path / f"{number:02}.png", shade(number))
    assert numbers(str(tmp_path), count=10) == list(range(2, 40, 4))
    assert numbers(str(tmp_path / "0*.png")) == list(range(10))


def test_frames_of_a_video_are_spread_from_its_beginning_to_its_end(tmp_path) -> None:
    with VideoWriter(tmp_path / "clip.mp4", size_hw=(32, 64), fps=10) as video:
        for number in range(50):
            video.write(shade(number))
    found = numbers(str(tmp_path / "clip.mp4"), count=12)
    assert len(found) == 12 and found[0] <= 4 and found[-1] >= 44
    assert max(np.diff(found)) <= 6


def test_a_broken_picture_is_told_and_left_out(tmp_path) -> None:
    for number in range(9):
        write_image(tmp_path / f"{number}.png", shade(number))
    (tmp_path / "4.png").write_bytes(b"no picture")
    told: list[str] = []
    assert numbers(str(tmp_path), told=told.append) == [0, 1, 2, 3, 5, 6, 7, 8]
    assert len(told) == 1 and "4.png" in told[0]


def test_a_camera_is_refused() -> None:
    with pytest.raises(HondoError, match="webcam:0: a camera shows something else each time; record a video"):
        numbers("webcam:0")


@pytest.mark.parametrize("count", [-1, 0, 7])
def test_a_count_that_is_too_small_is_named(count: int) -> None:
    with pytest.raises(HondoError, match=f"--calibration-count {count} is too few: int8 needs at least 8 pictures"):
        numbers("anything", count=count)
