"""Images of a source: evenly spread over files and frames, with what cannot be read named."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter
from hondo.video.sources.sampling import read_calibration
from hondo.video.sources.sampling import spread_images as spread


def spread_images(text: str, **how) -> list[np.ndarray]:
    return list(spread(text, **how))


def test_files_are_spread(tmp_path) -> None:
    for value in range(10):
        write_image(tmp_path / f"{value}.png", np.full((8, 8, 3), 20 * value, np.uint8))
    assert [image.max() // 20 for image in spread_images(str(tmp_path), count=5)] == [1, 3, 5, 7, 9]
    assert len(spread_images(str(tmp_path), count=99)) == 10


def test_frames_are_spread(tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, size_hw=(32, 32), fps=10) as video:
        for value in range(12):
            video.write(np.full((32, 32, 3), 20 * value, np.uint8), time_s=value / 10)
    found = [round(float(image.mean()) / 20) for image in spread_images(str(path), count=3)]
    assert found == [0, 4, 8]
    assert len(spread_images(str(path), count=50)) == 12


def test_what_cannot_be_read_is_named(album) -> None:
    (album / "a.png").write_bytes(b"no image")
    with pytest.raises(HondoError, match=r"a\.png"):
        spread_images(str(album), count=9)
    with pytest.raises(HondoError, match="camera"):
        spread_images("webcam:0", count=9)


SPEC = InputSpec(size_hw=(32, 64), multiple_of=32)


def shade(number: int) -> np.ndarray:
    """An image that tells its number by how bright its left half is."""
    image = np.zeros((32, 64, 3), dtype=np.uint8)
    image[:, :32] = 4 * number + 8
    return image


def numbers(text: str, **how) -> list[int]:
    calibration = read_calibration(text, spec=SPEC, size_hw=(32, 64), **how)
    return [round((float(image[:, :, :16].mean()) - 8) / 4) for image in calibration.images]


def test_images_of_a_folder_are_evenly_spread(tmp_path) -> None:
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


def test_a_broken_image_is_told_and_left_out(tmp_path) -> None:
    for number in range(9):
        write_image(tmp_path / f"{number}.png", shade(number))
    (tmp_path / "4.png").write_bytes(b"no image")
    on_progress: list[str] = []
    assert numbers(str(tmp_path), on_progress=on_progress.append) == [0, 1, 2, 3, 5, 6, 7, 8]
    assert len(on_progress) == 1 and "4.png" in on_progress[0]


def test_a_camera_is_refused() -> None:
    with pytest.raises(HondoError, match="webcam:0: a camera shows something else each time; record a video"):
        numbers("webcam:0")


@pytest.mark.parametrize("count", [-1, 0, 7])
def test_a_count_that_is_too_small_is_named(count: int) -> None:
    with pytest.raises(HondoError, match=f"calibration_count {count} is too few: int8 needs at least 8 images"):
        numbers("anything", count=count)


def test_a_cut_off_video_keeps_what_can_be_read(tmp_path) -> None:
    path = tmp_path / "clip.mkv"
    with VideoWriter(path, size_hw=(32, 64), fps=10) as video:
        for number in range(60):
            video.write(shade(number))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    on_progress: list[str] = []
    found = numbers(str(path), count=50, on_progress=on_progress.append)
    assert len(found) >= 8 and len(on_progress) == 1 and "clip.mkv" in on_progress[0]
    with pytest.raises(HondoError, match=r"clip\.mkv"):
        spread_images(str(path), count=50)


def test_videos_and_images_share_the_count(tmp_path) -> None:
    for number in range(20):
        write_image(tmp_path / f"{number:02}.png", shade(number))
    for name in ("a", "b"):
        with VideoWriter(tmp_path / f"{name}.mp4", size_hw=(32, 64), fps=10) as video:
            for number in range(30, 50):
                video.write(shade(number))
    brightness = [image[:, :16].mean() for image in spread_images(str(tmp_path / "*"), count=12)]
    assert len(brightness) == 12 and sum(value < 120 for value in brightness) == 4
