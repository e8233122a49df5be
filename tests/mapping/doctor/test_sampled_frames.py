"""Which frames are looked at: all of a short clip, windows of a long one; bad input is one line."""

import av
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.clips import find_clips
from hondo.mapping.doctor import sampled_frames
from hondo.mapping.doctor.sampled_frames import sample_frames
from tests.mapping.doctor.conftest import write


def film(path, *, count, times=None):
    """Frames that count their number in grey levels; ``times``: the order in which they are shown."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 4 * number, np.uint8), format="rgb24")
            frame.pts = number
            for packet in stream.encode(frame):
                if times:
                    packet.dts, packet.pts = number, times[number] + 2
                container.mux(packet)
        container.mux(stream.encode())
    return path


def test_a_short_video_is_read_whole_and_a_long_one_in_windows(tmp_path, monkeypatch):
    path = film(tmp_path / "film.mkv", count=40)
    whole = sample_frames(path)
    assert whole.count == 40 and len(whole.windows[0]) == 40 and whole.fps == pytest.approx(10)
    monkeypatch.setattr(sampled_frames, "WHOLE", 20)
    monkeypatch.setattr(sampled_frames, "WINDOWS", 3)
    monkeypatch.setattr(sampled_frames, "WINDOW", 4)
    sampled = sample_frames(path)
    assert sampled.numbers == (0, 18, 36) and [len(window) for window in sampled.windows] == [4, 4, 4]
    assert [round(float(window[0].mean()) / 4) for window in sampled.windows] == [0, 18, 36]


def test_bad_input_is_refused_in_one_line(tmp_path):
    shown = list(range(12))
    shown[6], shown[7] = 7, 6
    with pytest.raises(HondoError, match=r"the times go back: frame 7 is shown at 0\.6"):
        sample_frames(film(tmp_path / "back.mkv", count=12, times=shown))
    with pytest.raises(HondoError, match="holds 1 frame"):
        sample_frames(film(tmp_path / "one.mkv", count=1))
    images = [np.zeros((64, 64, 3), np.uint8), np.zeros((64, 80, 3), np.uint8)]
    with pytest.raises(HondoError, match="the image is 80x64, the first of the clip 64x64"):
        sample_frames(write(tmp_path / "mixed", images))


def test_both_views_in_a_frame_are_taken_apart_and_a_missing_side_is_named(walked, tmp_path):
    wide = [np.concatenate((image[:, :180], image[:, 4:184]), axis=1) for image in walked]
    found = sample_frames(write(tmp_path / "both", wide))
    assert found.is_side_by_side and found.size_hw == (144, 180) and len(found.stereo) == 8
    assert found.frames[0].shape[1] * 2 <= 360
    write(tmp_path / "half" / "left", walked[:3])
    with pytest.raises(HondoError, match="left/ is there and right/ is missing"):
        find_clips(tmp_path / "half")


def test_stereo_pairs_are_spread_over_the_folders(tmp_path):
    images = [np.full((64, 96, 3), 20 * number, np.uint8) for number in range(6)]
    write(tmp_path / "pair" / "left", images)
    write(tmp_path / "pair" / "right", [image + 1 for image in images])
    found = sample_frames(tmp_path / "pair")
    assert [(int(left[0, 0, 0]), int(right[0, 0, 0])) for left, right in found.stereo[::5]] == [(0, 1), (100, 101)]
