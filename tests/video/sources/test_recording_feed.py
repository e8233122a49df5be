"""Recordings as cameras: their own rate, loops, a clock that stands still, damaged frames passed over."""

import itertools
import threading
import time

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.read import write_image
from hondo.images.video_writer import VideoWriter
from hondo.video.sources.live_feed import feed_of
from hondo.video.sources.live_frame import FeedControl


def test_a_video_comes_at_its_own_times(clip) -> None:
    start = time.monotonic()
    frames = list(feed_of(str(clip))(FeedControl()))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.3, 0.4], abs=1e-3)
    assert time.monotonic() - start >= 0.4
    gaps = np.diff([frame.captured_at for frame in frames])
    np.testing.assert_allclose(gaps, [0.1, 0.2, 0.1], atol=0.01)  # due times, not those of a busy machine


def test_a_loop_goes_on_in_time(clip) -> None:
    frames = list(itertools.islice(feed_of(str(clip), loop=True)(FeedControl()), 6))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.3, 0.4, 0.5, 0.6], abs=0.05)


def test_paused_recordings_stand_still(album) -> None:
    control = FeedControl()
    frames = feed_of(str(album), folder_fps=100)(control)
    next(frames)
    control.paused.set()
    threading.Timer(0.3, control.paused.clear).start()
    start = time.monotonic()
    assert next(frames).time_s == pytest.approx(0.01)
    assert time.monotonic() - start >= 0.25


def test_a_slow_reader_moves_the_clock_and_does_not_hurry(clip) -> None:
    frames = feed_of(str(clip))(FeedControl())
    next(frames)
    time.sleep(0.6)
    late = next(frames)
    assert time.monotonic() - late.captured_at < 0.4  # it was due 0.5 s ago
    assert next(frames).captured_at - late.captured_at == pytest.approx(0.2, abs=0.05)


def test_a_stopped_recording_ends_at_once(album) -> None:
    control = FeedControl()
    frames = feed_of(str(album), folder_fps=0.1)(control)
    next(frames)
    control.stopped.set()
    assert next(frames, None) is None


def test_a_broken_image_is_counted_and_passed_over(album) -> None:
    (album / "aa.png").write_bytes(b"no image")
    bad = []
    frames = list(feed_of(str(album), folder_fps=1000)(FeedControl(corrupt=lambda: bad.append(1))))
    assert len(frames) == 2 and len(bad) == 1


def test_a_folder_of_broken_images_ends_though_it_loops(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    assert list(feed_of(str(tmp_path), folder_fps=1000, loop=True)(FeedControl())) == []


def test_damaged_bytes_in_a_video_are_counted_and_passed_over(tmp_path) -> None:
    path = tmp_path / "noise.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, size_hw=(64, 96), fps=200) as video:
        for _ in range(40):
            video.write(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    bad = []
    frames = list(feed_of(str(path))(FeedControl(corrupt=lambda: bad.append(1))))
    assert 10 < len(frames) < 40 and len(bad) > 0
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)


@pytest.mark.parametrize("name", ["gone.mp4", "a.png", "broken.mp4", "empty"])
def test_what_is_no_source_is_refused_at_once(album, name) -> None:
    (album / "broken.mp4").write_bytes(b"no video")
    (album / "empty").mkdir()
    with pytest.raises(HondoError, match=name):
        feed_of(str(album / name))


@pytest.mark.parametrize("fps", [0, -1, float("inf")])
def test_a_rate_must_be_one(album, fps) -> None:
    with pytest.raises(HondoError, match="images a second"):
        feed_of(str(album), folder_fps=fps)


def test_images_can_be_written_meanwhile(tmp_path, image) -> None:
    """The list is that of the start: a folder that changes is no error."""
    write_image(tmp_path / "a.png", image)
    write_image(tmp_path / "b.png", image)
    frames = feed_of(str(tmp_path), folder_fps=1000)(FeedControl())
    next(frames)
    (tmp_path / "b.png").unlink()
    assert list(frames) == []


@pytest.fixture
def brighter(tmp_path):
    """Twelve images of a video with a key frame at the start only, each brighter than the one before."""
    with VideoWriter(tmp_path / "brighter.mp4", size_hw=(48, 64), fps=100) as video:
        for number in range(12):
            video.write(np.full((48, 64, 3), 20 * number, np.uint8))
    return tmp_path / "brighter.mp4"


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_recording_is_sought_and_its_time_goes_on(brighter, tmp_path, is_folder) -> None:
    for number in range(12):
        write_image(tmp_path / "in" / f"{number:02}.png", np.full((8, 8, 3), 20 * number, np.uint8))
    control = FeedControl(stays=True)
    frames = feed_of(str(tmp_path / "in" if is_folder else brighter), folder_fps=100)(control)
    assert [round(frame.image.mean() / 20) for frame in itertools.islice(frames, 4)] == [0, 1, 2, 3]
    assert control.playback.duration_s == pytest.approx(0.12, abs=0.011)
    control.playback.seek(0.08)
    sought = list(itertools.islice(frames, 4))
    assert [round(frame.image.mean() / 20) for frame in sought] == [8, 9, 10, 11]
    assert [frame.time_s for frame in sought] == pytest.approx([0.04, 0.05, 0.06, 0.07], abs=1e-3)
    assert control.playback.position_s == pytest.approx(0.11, abs=1e-3)
    control.playback.seek(0)  # at the end, where it waits
    assert next(frames).image.mean() < 5
    control.stopped.set()
    assert list(frames) == []


def test_a_recording_waits_at_its_end(brighter) -> None:
    control = FeedControl(stays=True)
    frames = feed_of(str(brighter))(control)
    assert len(list(itertools.islice(frames, 12))) == 12
    threading.Timer(0.15, control.stopped.set).start()
    assert next(frames, None) is None
    assert not control.playback.is_at_end


@pytest.mark.parametrize("time_s", [-0.1, 9, float("nan")])
def test_a_time_outside_of_the_recording_is_refused(brighter, time_s) -> None:
    control = FeedControl()
    with pytest.raises(HondoError, match="camera cannot be sought"):
        control.playback.seek(0)
    next(feed_of(str(brighter))(control))
    with pytest.raises(HondoError, match=r"0 to 0\.12"):
        control.playback.seek(time_s)
