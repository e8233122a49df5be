"""Videos: images, true times and rotation survive; broken files are refused; memory stays constant."""

import gc
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images import video_file
from hondo.images.video_file import frame_times, is_video, probe_video, read_frame_at, read_video
from hondo.images.video_writer import VideoWriter


def scene(index: int, size_hw: tuple[int, int] = (48, 64)) -> np.ndarray:
    y, x = np.mgrid[: size_hw[0], : size_hw[1]]
    return np.stack((x * 3, y * 4, np.full_like(x, 40 + 12 * index)), axis=-1).clip(0, 255).astype(np.uint8)


def write(
    path: Path, *, count: int = 10, size_hw: tuple[int, int] = (48, 64), times: list[float] | None = None
) -> Path:
    with VideoWriter(path, size_hw=size_hw, fps=20.0) as writer:
        for index in range(count):
            writer.write(scene(index, size_hw), time_s=times[index] if times else None)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".m4v"])
def test_round_trip(suffix: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"x{suffix}")
    frames = list(read_video(path))
    info = probe_video(path)
    assert info.size_hw == (48, 64) and info.fps == pytest.approx(20, rel=0.01) and info.frame_count in (10, None)
    assert info.duration_s == pytest.approx(0.5, abs=0.06)
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(10) / 20, abs=1e-3)
    for index, frame in enumerate(frames):
        assert np.abs(frame.image.astype(int) - scene(index)).mean() < 6
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_mpeg4_where_h264_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    frames = list(read_video(write(tmp_path / "x.mp4", times=[0.0, 0.1, 0.5, 0.6], count=4)))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.5, 0.6], abs=1e-3)
    assert np.abs(frames[3].image.astype(int) - scene(3)).mean() < 6


def test_variable_frame_rate_is_kept(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.3, 0.31, 0.9, 2.0]
    path = write(tmp_path / "x.mp4", count=6, times=times)
    assert [frame.time_s for frame in read_video(path)] == pytest.approx(times, abs=1e-3)
    assert probe_video(path).duration_s == pytest.approx(2.05, abs=0.01)


def test_odd_sizes_get_one_more_row(tmp_path: Path) -> None:
    frame = next(read_video(write(tmp_path / "x.mp4", size_hw=(47, 63))))
    assert frame.image.shape == (48, 64, 3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_as_another_reader_sees_it(degrees: int, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_rotation(degrees)
        for index in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(index), format="rgb24")))
        container.mux(stream.encode(None))
    frame = next(read_video(path))
    expected = np.rot90(scene(0), degrees // 90)  # the display matrix turns counter-clockwise
    assert probe_video(path).size_hw == frame.image.shape[:2] == expected.shape[:2]
    assert np.abs(frame.image.astype(int) - expected).mean() < 6
    np.testing.assert_array_equal(frame.image, cv2.VideoCapture(str(path)).read()[1][..., ::-1])


def test_every_and_max_frames(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mp4")
    assert [round(frame.time_s * 20) for frame in read_video(path, every=3)] == [0, 3, 6, 9]
    assert [round(frame.time_s * 20) for frame in read_video(path, every=3, max_frames=2)] == [0, 3]
    with pytest.raises(HondoError, match="at least 1"):
        next(read_video(path, every=0))


def test_memory_is_constant(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mp4", count=120, size_hw=(96, 128))
    tracemalloc.start()
    for _ in read_video(path):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 96 * 128 * 3  # a few of the 120 frames


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    """Whatever is lost, the reader says so; the frames before the end may come first."""
    data = write(tmp_path / "x.mp4", count=40).read_bytes()
    with (
        av.open(str(tmp_path / "x.mp4")) as container,
        av.open(str(tmp_path / "fast.mp4"), "w", options={"movflags": "faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    fast = (tmp_path / "fast.mp4").read_bytes()
    matroska = write(tmp_path / "x.mkv", count=40).read_bytes()
    for suffix, whole in ((".mp4", data), (".mp4", fast), (".mkv", matroska)):
        for part in np.linspace(0.01, 0.8, 12):
            cut = tmp_path / f"cut{suffix}"
            cut.write_bytes(whole[: int(len(whole) * part)])
            with pytest.raises(HondoError, match=r"cut\.m"):
                list(read_video(cut))


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("not a video" * 100)
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    for name, message in (
        ("none.mp4", "does not exist"),
        ("empty.mp4", "is empty"),
        ("text.mp4", "is not a video"),
        ("sound.mp4", "no image stream"),
    ):
        for read in (probe_video, lambda path: next(read_video(path))):
            with pytest.raises(HondoError, match=message) as caught:
                read(tmp_path / name)
            assert name in str(caught.value)


def test_writer_refusals_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    with pytest.raises(HondoError, match="does not fit"), VideoWriter(path, size_hw=(48, 64), fps=20.0) as writer:
        writer.write(scene(0, (48, 48)))
    with pytest.raises(HondoError, match="not later"), VideoWriter(path, size_hw=(48, 64), fps=20.0) as writer:
        writer.write(scene(0), time_s=1.0)
        writer.write(scene(1), time_s=1.0)
    with pytest.raises(HondoError, match="no frame was written"), VideoWriter(path, size_hw=(48, 64), fps=20.0):
        pass
    with pytest.raises(HondoError, match="unknown video suffix"):
        VideoWriter(tmp_path / "x.gif", size_hw=(48, 64), fps=20.0)
    with pytest.raises(HondoError, match="fps"):
        VideoWriter(path, size_hw=(48, 64), fps=0.0)
    with pytest.raises(FileNotFoundError), VideoWriter(path, size_hw=(48, 64), fps=20.0) as writer:
        writer.write(scene(0))
        Path("not there").read_bytes()  # an error of the caller's own stays what it is
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hondo.images.video_writer.temporary_path", lambda path: tmp_path / "full.mp4")
    (tmp_path / "full.mp4").symlink_to("/dev/full")
    with pytest.raises(HondoError, match=r"cannot write .*x\.mp4: No space left"):
        write(tmp_path / "x.mp4", count=30)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "size_hw", "count", "fps"),
    [("golf.mov", (1080, 1920), 40, 30), ("davis_rollercoaster.mp4", (540, 960), 70, 24)],
)
def test_real_videos(shared_data: Path, name: str, size_hw: tuple[int, int], count: int, fps: float) -> None:
    path = shared_data / "video" / name
    info = probe_video(path)
    assert (info.size_hw, info.frame_count, info.fps) == (size_hw, count, fps)
    times = []
    for frame in read_video(path):
        times.append(frame.time_s)
        assert frame.image.shape == (*size_hw, 3)
    assert times == pytest.approx(np.arange(count) / fps, abs=1e-3)


def test_frames_that_were_shown_leave_nothing_for_the_garbage_collector(tmp_path) -> None:
    """A frame in a reference cycle holds its image until a collection, which a live video seldom gets."""
    path = tmp_path / "x.mp4"
    with VideoWriter(path, size_hw=(48, 64), fps=10) as writer:
        for number in range(30):
            writer.write(np.full((48, 64, 3), 5 * number, np.uint8))
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in read_video(path)) == 30
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        assert not [each for each in gc.garbage if type(each).__name__ in ("VideoFrame", "SideDataContainer")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes of an MP4 file: kind and body."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + size]))
        at += size
    return found


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def with_preview(film: bytes) -> bytes:
    """The film with a cover image whose box stands before the film's track, as some drones write it."""
    jpeg = cv2.imencode(".jpg", np.full((24, 32, 3), 200, np.uint8))[1].tobytes()
    covr = box(b"covr", box(b"data", (13).to_bytes(4, "big") + bytes(4) + jpeg))
    hdlr = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    udta = box(b"udta", box(b"meta", bytes(4) + hdlr + box(b"ilst", covr)))
    out = b""
    for kind, body in boxes(film):
        if kind == b"moov":
            first = int.from_bytes(body[:4], "big")  # mvhd
            body = body[:first] + udta + body[first:]
        out += box(kind, body)
    return out


def test_a_preview_image_is_not_the_film(tmp_path: Path) -> None:
    path = tmp_path / "drone.mp4"
    with av.open(str(path), "w") as container:  # without faststart: the index lies at the end and offsets hold
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(index), format="rgb24")))
        container.mux(stream.encode(None))
    path.write_bytes(with_preview(path.read_bytes()))
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 2, "the case is not what it should be"
    assert probe_video(path).size_hw == (48, 64)
    frames = list(read_video(path))
    assert len(frames) == 10 and frames[0].image.shape == (48, 64, 3)


def test_pixels_that_are_not_square_are_shown_as_players_do(tmp_path: Path) -> None:
    path = tmp_path / "anamorphic.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for index in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(index), format="rgb24")))
        container.mux(stream.encode(None))
    assert probe_video(path).size_hw == (48, 85)
    assert next(read_video(path)).image.shape == (48, 85, 3)


def test_frames_that_a_trimmed_film_hides_do_not_count(tmp_path: Path) -> None:
    whole, trimmed = write(tmp_path / "whole.mp4", count=40), tmp_path / "trimmed.mp4"
    with av.open(str(whole)) as source, av.open(str(trimmed), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:  # the first second comes before time 0: an edit list hides it
                packet.pts -= round(1 / packet.time_base)
                packet.dts -= round(1 / packet.time_base)
                packet.stream = copy
                container.mux(packet)
    shown = len(list(read_video(trimmed)))
    assert shown == 20 and probe_video(trimmed).frame_count == shown


def test_text_is_no_film(tmp_path: Path) -> None:
    """FFmpeg takes some tables for films of text art."""
    (tmp_path / "a.csv").write_text("IMAGE,DEPTH,DIVIDE_BY\na.png,d.png,1000\n")
    assert not is_video(tmp_path / "a.csv")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_one_frame_by_its_time(suffix: str, tmp_path: Path) -> None:
    times = [0.0, 0.05, 0.2, 0.25, 0.3, 0.7]
    path = write(tmp_path / f"x{suffix}", count=6, times=times)
    assert frame_times(path) == pytest.approx(times, abs=2e-3)
    for index in (5, 0, 2):
        assert np.abs(read_frame_at(path, frame_times(path)[index]).astype(int) - scene(index)).mean() < 6
    with pytest.raises(HondoError, match="ends before 3 s"):
        read_frame_at(path, 3.0)
    with pytest.raises(HondoError, match="does not exist"):
        frame_times(tmp_path / "none.mp4")


def test_a_list_of_films_is_no_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write(tmp_path / "inner.mp4")
    monkeypatch.chdir(tmp_path)
    lists = {
        "list.mp4": f"ffconcat version 1.0\nfile {film.name}\n",
        "list.mkv": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{film.name}\n#EXT-X-ENDLIST\n",
        "list.avi": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    }
    for name, text in lists.items():
        Path(name).write_text(text)
        with pytest.raises(HondoError, match=f"{name} is not a video that can be read"):
            list(read_video(name))
        Path(name).rename(Path(name).stem + name[-3:])
        assert not is_video(Path(name).stem + name[-3:])


def test_frames_too_large_for_any_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write(tmp_path / "film.mp4")
    monkeypatch.setattr(video_file, "_MAX_MEGAPIXELS", 1e-4)
    with pytest.raises(HondoError, match="has frames of"):
        probe_video(film)
