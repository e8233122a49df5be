"""Truncated and mutated films, and films of unusual make: no hang, no crash, right times in order.

python benchmarks/campaigns/videos.py --json
"""

import tempfile
import warnings
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from campaign import Options, Tally, in_child, main

from hondo.core.errors import HondoError
from hondo.images.video_file import is_video, probe_video, read_video
from hondo.images.video_writer import VideoWriter

MAX_CPU_S = 5.0
SUFFIXES = (".mp4", ".mkv", ".avi", ".mov", ".webm", ".ts")
CODECS = dict.fromkeys(SUFFIXES, "libx264") | {".avi": "mpeg4", ".webm": "libvpx-vp9", ".ts": "mpeg2video"}
TIMES = (0.0, 0.04, 0.3, 0.31, 0.9, 2.0)


def film(path: Path, *, size_hw: tuple[int, int] = (48, 64), count: int = 12) -> bytes:
    """A short film by FFmpeg's own encoders."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(CODECS[path.suffix], rate=25)
        stream.height, stream.width, stream.pix_fmt = *size_hw, "yuv420p"
        for number in range(count):
            pixels = np.full((*size_hw, 3), 20 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def run(options: Options) -> Tally:
    """The special films once, then mutations until the number is reached."""
    tally, slowest = Tally(), 0.0
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _special(tally, folder)
        wholes = {suffix: film(folder / f"whole{suffix}") for suffix in SUFFIXES}
        for number in range(options.count):
            if options.is_over:
                break
            rng = np.random.default_rng([options.seed, number])
            suffix = SUFFIXES[number % len(SUFFIXES)]
            path = folder / f"film{suffix}"
            path.write_bytes(_mutated(wholes[suffix], rng))
            ended = in_child(lambda path=path: _watch(path), seconds=20)
            slowest = max(slowest, ended.cpu_s)
            if ended.died or ended.result.startswith("fault") or ended.cpu_s > MAX_CPU_S:
                tally.fault(f"{suffix} {number}: {ended.died or ended.result}, {ended.cpu_s:.1f} s of CPU")
            else:
                tally.count(ended.result)
    tally.notes.append(f"slowest film {slowest:.2f} s of CPU")
    return tally


def _mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    content = bytearray(whole)
    if rng.integers(3) == 0:
        return bytes(content[: rng.integers(1, len(content))])
    for _ in range(int(rng.integers(1, 20))):
        place = int(rng.integers(len(content)))
        if rng.integers(4):
            content[place] = rng.integers(256)
        else:
            content[place : place + 4] = rng.bytes(4)
    return bytes(content)


def _watch(path: Path) -> str:
    try:
        is_video(path)
        probe_video(path)
        times = [frame.time_s for frame in read_video(path, max_frames=200)]
    except HondoError as error:
        return "refused or cut off, said" if "\n" not in str(error) else f"fault: not one line: {error}"
    except BaseException as error:  # every other class is a fault
        return f"fault: {error!r}"[:250]
    return "read" if times == sorted(times) else "read, times go back (training refuses it)"


def _special(tally: Tally, folder: Path) -> None:
    """Times of a variable rate, rotations, one pixel, nothing but sound or no frames, a huge header."""
    with VideoWriter(folder / "variable.mp4", size_hw=(48, 64), fps=25) as writer:
        for time_s in TIMES:
            writer.write(np.full((48, 64, 3), 99, np.uint8), time_s=time_s)
    found = [frame.time_s for frame in read_video(folder / "variable.mp4")]
    _expect(tally, "variable rate", np.allclose(found, TIMES, atol=1e-3))
    for degrees in (0, 90, 180, 270):
        _expect(tally, f"turned by {degrees}", _turned(folder, degrees))
    for name, aspect, width in (("square pixels", Fraction(1), 64), ("wide pixels", Fraction(4, 3), 85)):
        path = _with_aspect(folder, aspect)
        _expect(tally, name, next(read_video(path)).image.shape[1] == width)
    _expect(tally, "two pixels", next(read_video(_tiny(folder))).image.shape == (2, 2, 3))
    whole = film(folder / "cut.mp4")
    (folder / "none.mp4").write_bytes(whole[: whole.index(b"mdat")])
    _expect(tally, "no frames", _is_refused(folder / "none.mp4"))
    (folder / "empty.mp4").touch()
    _expect(tally, "empty", _is_refused(folder / "empty.mp4"))


def _turned(folder: Path, degrees: int) -> bool:
    source, path = folder / "cut.mp4", folder / f"turned{degrees}.mp4"
    film(source)
    content = bytearray(source.read_bytes())
    matrix = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]
    place = content.index(b"tkhd") + 4 + 40  # version 0: times, track, duration and layers are in front
    a, b, c, d = (int(value * 65536) for value in matrix)
    for offset, value in ((0, a), (4, b), (12, c), (16, d)):
        content[place + offset : place + offset + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    return probe_video(path).size_hw == ((64, 48) if degrees % 180 else (48, 64))


def _with_aspect(folder: Path, aspect: Fraction) -> Path:
    path = folder / f"aspect{aspect.numerator}.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _tiny(folder: Path) -> Path:
    path = folder / "tiny.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 2, 2, "yuv444p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((2, 2, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _is_refused(path: Path) -> bool:
    try:
        list(read_video(path))
    except HondoError:
        return True
    return False


def _expect(tally: Tally, what: str, holds: bool) -> None:
    tally.count("special films right") if holds else tally.fault(f"{what}: wrong")


if __name__ == "__main__":
    main("videos", run, asks="no crash, no hang over 5 s of CPU, times right and in order", count=2000, quick=60)
