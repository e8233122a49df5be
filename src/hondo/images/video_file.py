"""Video files in and out with PyAV, frame by frame: memory stays constant, rotation and true frame times are kept."""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import Colorspace
from jaxtyping import UInt8

from hondo.core.atomic import cannot_write, put_in_place, temporary_path
from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size

VIDEO_SUFFIXES = frozenset(
    [".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp"]
)
WRITABLE_SUFFIXES = frozenset([".mp4", ".mov", ".m4v", ".mkv"])  # all keep uneven times
# Tried in this order, at a quality that hides the loss. Without B frames the written duration is right at uneven times.
_CODECS: tuple[tuple[str, dict[str, str]], ...] = (
    ("libx264", {"crf": "18", "preset": "veryfast", "bf": "0"}),
    ("mpeg4", {"qscale": "2"}),
)
_TICKS = 60_000  # of the written time base a second: 24, 25, 30, 50, 60 and 29.97 frames/s fall on whole ticks
_MAX_MISSING = 0.05  # part of the stated duration that may be missing before a file counts as cut off


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What a video file says about itself; ``size_hw`` is as shown, after its rotation. None: it does not say."""

    size_hw: Size
    fps: float
    frame_count: int | None
    duration_s: float | None


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """One upright image, uint8 RGB, and its time in seconds after the first."""

    image: UInt8[np.ndarray, "h w 3"]
    time_s: float


def probe_video(path: str | Path) -> VideoInfo:
    """Size, rate and length of a video, from its header and first frame."""
    with _opened(path) as container, _decoding(path):
        stream = container.streams.video[0]
        first = next(container.decode(stream), None)
        if first is None:
            raise HondoError(f"{path} holds no frames; record or convert it again")
        turned = upright(np.empty((first.height, first.width, 0), dtype=np.uint8), first)
        return VideoInfo(
            size_hw=turned.shape[:2],
            fps=float(stream.average_rate or stream.guessed_rate or 0) or 30.0,
            frame_count=stream.frames or None,
            duration_s=_duration_s(container),
        )


def read_video(path: str | Path, *, every: int = 1, max_frames: int | None = None) -> Iterator[VideoFrame]:
    """The frames one by one, upright, with their own times. ``every=3`` gives the first of every three."""
    if every < 1 or (max_frames is not None and max_frames < 1):
        raise HondoError(f"every and max_frames must be at least 1, got {every} and {max_frames}")
    with _opened(path) as container, _decoding(path):
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start_s = last_s = end_s = None
        for index, frame in enumerate(container.decode(stream)):
            time_s = frame.time if frame.time is not None else index / float(stream.average_rate or 30)
            start_s = time_s if start_s is None else start_s
            last_s, end_s = time_s, time_s + float((frame.duration or 0) * (frame.time_base or 0))
            if index % every == 0:
                yield VideoFrame(image=upright(frame.to_ndarray(format="rgb24"), frame), time_s=time_s - start_s)
            if max_frames is not None and index // every + 1 >= max_frames and index % every == 0:
                return
        if start_s is None or last_s is None or end_s is None:
            raise HondoError(f"{path} holds no frames; record or convert it again")
        _check_complete(container, path, length_s=end_s - start_s)


class VideoWriter:
    """Writes RGB frames of one size to a video file that appears when the block ends well.

    Frames are evenly spaced at ``fps`` unless their times are given. Sides of odd length get one more row or column
    (a copy of the last), since players want even ones.
    """

    def __init__(self, path: str | Path, *, size_hw: Size, fps: float) -> None:
        suffix = Path(path).suffix.lower()
        if suffix not in WRITABLE_SUFFIXES:
            raise unknown("video suffix", suffix, WRITABLE_SUFFIXES)
        if not 0 < fps <= 1000 or min(size_hw) < 1:
            raise HondoError(f"a video needs a positive size and 0 < fps <= 1000, got {size_hw} and {fps:g}")
        self.path, self.size_hw, self.fps = Path(path), tuple(size_hw), fps
        self._last_pts = -1
        self._count = 0

    def __enter__(self) -> "VideoWriter":
        self._temporary = temporary_path(self.path)
        try:
            self._container = av.open(str(self._temporary), "w")
        except (av.FFmpegError, OSError) as error:
            raise cannot_write(self.path, error) from error
        self._stream = self._add_stream()
        return self

    def write(self, rgb: UInt8[np.ndarray, "h w 3"], *, time_s: float | None = None) -> None:
        """Adds a frame, at ``time_s`` seconds (later than the last one) or at its place in the even rate."""
        if rgb.shape[:2] != self.size_hw:
            raise HondoError(f"{self.path}: a frame of {rgb.shape[:2]} does not fit the video of {self.size_hw}")
        pts = round((self._count / self.fps if time_s is None else time_s) * _TICKS)
        if pts <= self._last_pts:
            raise HondoError(f"{self.path}: frame {self._count} at {time_s} s is not later than the one before")
        rows, columns = self.size_hw[0] % 2, self.size_hw[1] % 2
        if rows or columns:
            rgb = np.pad(rgb, ((0, rows), (0, columns), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = pts, Fraction(1, _TICKS)
        frame.duration = round(_TICKS / self.fps)
        self._mux(frame)
        self._last_pts, self._count = pts, self._count + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            elif self._count:
                with suppress(av.FFmpegError, OSError):  # the block's own error is the one to tell
                    self._container.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        if self._count == 0:
            raise HondoError(f"{self.path}: no frame was written, so there is no video")
        self._mux(None)
        try:
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise cannot_write(self.path, error) from error
        put_in_place(self._temporary, self.path)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)
        except (av.FFmpegError, OSError) as error:
            raise cannot_write(self.path, error) from error

    def _add_stream(self) -> Any:
        for name, options in _CODECS:
            if name not in av.codecs_available:
                continue
            stream: Any = self._container.add_stream(
                name, rate=Fraction(self.fps).limit_denominator(1001), options=options
            )
            height, width = self.size_hw
            stream.width, stream.height = width + width % 2, height + height % 2
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, _TICKS)
            stream.codec_context.colorspace = Colorspace.ITU709
            return stream
        raise HondoError("this PyAV has no H.264 or MPEG-4 encoder; install the av wheel from PyPI")


@contextmanager
def _opened(path: str | Path) -> Iterator[InputContainer]:
    if not Path(path).is_file():
        raise HondoError(f"{path} does not exist or is a folder; give a video file")
    if Path(path).stat().st_size == 0:
        raise HondoError(f"{path} is empty (0 bytes); copy or download it again")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError) as error:
        raise HondoError(f"{path} is not a video that can be read, or it is cut off: {_reason(error)}") from error
    with container:
        if not container.streams.video:
            raise HondoError(f"{path} has no image stream (only sound or data); give a video file")
        yield container


@contextmanager
def _decoding(path: str | Path) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        raise HondoError(f"{path} is damaged: {_reason(error)}; copy or convert it again") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _duration_s(container: InputContainer) -> float | None:
    own = _stream_duration_s(container)
    return own if own is not None or container.duration is None else container.duration / av.time_base


def _stream_duration_s(container: InputContainer) -> float | None:
    """The length of the images, as the header states it: Matroska has it as a tag, or for the whole file."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    clock = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if len(container.streams) > 1 or container.duration is None:
        return None
    return container.duration / av.time_base


def _check_complete(container: InputContainer, path: str | Path, *, length_s: float) -> None:
    """A file that was cut off ends early without any error from the decoder: compare with what its header says."""
    stated_s = _stream_duration_s(container)
    frame_s = 1 / float(container.streams.video[0].average_rate or 30)
    if stated_s is not None and stated_s - length_s > max(_MAX_MISSING * stated_s, 3 * frame_s):
        raise HondoError(f"{path} is cut off: it ends after {length_s:.1f} of {stated_s:.1f} seconds; copy it again")


def upright(pixels: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Pixels turned and mirrored as the frame's display matrix says (ISO 14496-12, section 6.2.2), contiguous."""
    # Not frame.side_data: that holds the frame which holds it, and each such pair keeps an image until Python's
    # garbage collector comes by, which a live video seldom lets it.
    data = SideDataContainer(frame).get(SideDataType.DISPLAYMATRIX)  # pyright: ignore[reportCallIssue]
    if data is None:
        return pixels
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])  # x' = a x + c y, y' = b x + d y
    if abs(a) + abs(d) < abs(b) + abs(c):
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    pixels = pixels[:, ::-1] if a < 0 else pixels
    return np.ascontiguousarray(pixels[::-1] if d < 0 else pixels)
