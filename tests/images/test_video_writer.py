"""What editors and browsers ask of a video file: a constant rate, the index in front, the sound of the source."""

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hondo.images.video_file import read_video
from hondo.images.video_writer import VideoWriter

GREY = np.full((48, 64, 3), 90, np.uint8)


def film_with_sound(path: Path, *, codec: str = "aac", seconds: float = 1.0) -> Path:
    rate = 16_000
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout="mono")
        for _ in range(round(10 * seconds)):
            container.mux(video.encode(av.VideoFrame.from_ndarray(GREY, format="rgb24")))
        container.mux(video.encode(None))
        tone = (8000 * np.sin(np.arange(round(rate * seconds)) / 9)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate = rate
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def write(path: Path, *, fps: float = 10.0, count: int = 10, sound_of: Path | None = None) -> VideoWriter:
    with VideoWriter(path, size_hw=(48, 64), fps=fps, sound_of=sound_of) as writer:
        for index in range(count):
            writer.write(GREY, time_s=index / fps)
    return writer


@pytest.mark.parametrize(
    "rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25), Fraction(50), Fraction(15, 2)]
)
def test_a_constant_rate_stays_constant(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "x.mp4"
    write(path, fps=float(rate), count=12)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * stream.time_base for frame in container.decode(stream)]
        assert {after - before for before, after in itertools.pairwise(times)} == {1 / rate}
        assert stream.average_rate == rate


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_the_index_lies_in_front(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    write(path)
    data = path.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_sound_is_copied(tmp_path: Path, suffix: str) -> None:
    source = film_with_sound(tmp_path / "film.mp4")
    writer = write(tmp_path / f"depth{suffix}", sound_of=source)
    assert writer.sound_left_out is None
    with av.open(str(writer.path)) as copied, av.open(str(source)) as original:
        samples = [sum(frame.samples for frame in each.decode(audio=0)) for each in (copied, original)]
        assert samples[0] == pytest.approx(samples[1], abs=2048)
    assert len(list(read_video(writer.path))) == 10


def test_the_sound_ends_with_the_frames(tmp_path: Path) -> None:
    writer = write(tmp_path / "depth.mp4", count=5, sound_of=film_with_sound(tmp_path / "film.mp4", seconds=3))
    with av.open(str(writer.path)) as container:
        assert float(container.duration) / av.time_base < 0.8


def test_a_silent_source_gives_a_silent_video(tmp_path: Path) -> None:
    write(tmp_path / "silent.mp4")
    writer = write(tmp_path / "depth.mp4", sound_of=tmp_path / "silent.mp4")
    assert writer.sound_left_out is None and not av.open(str(writer.path)).streams.audio


def test_sound_that_the_file_cannot_hold_is_left_out_and_named(tmp_path: Path) -> None:
    writer = write(tmp_path / "depth.mp4", sound_of=film_with_sound(tmp_path / "film.avi", codec="adpcm_ms"))
    assert writer.sound_left_out is not None and ".mp4" in writer.sound_left_out
    assert len(list(read_video(writer.path))) == 10
