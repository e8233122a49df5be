"""Writes video files that editors and browsers take: a constant rate stays constant, index in front, sound kept."""

import math
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.reformatter import Colorspace
from jaxtyping import UInt8

from hondo.core.atomic import cannot_write, put_in_place, temporary_path
from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size
from hondo.images.video_file import open_film

WRITABLE_SUFFIXES = frozenset([".mp4", ".mov", ".m4v", ".mkv"])  # all keep uneven times
# Tried in this order, at a quality that hides the loss. Without B frames the written duration is right at uneven times.
_CODECS: tuple[tuple[str, dict[str, str]], ...] = (
    ("libx264", {"crf": "18", "preset": "veryfast", "bf": "0"}),
    ("mpeg4", {"qscale": "2"}),
)
_MIN_TICKS = 60_000  # of the written time base a second


class VideoWriter:
    """Writes RGB frames of one size to a video file that appears when the block ends well.

    Frames are evenly spaced at ``fps`` unless their times are given. Sides of odd length get one more row or column
    (a copy of the last), since players want even ones. ``sound_of``: a video whose sound is copied as far as the frames
    go; ``sound_left_out`` says why there is none (None: it was copied, or there was none to copy).
    """

    def __init__(self, path: str | Path, *, size_hw: Size, fps: float, sound_of: str | Path | None = None) -> None:
        suffix = Path(path).suffix.lower()
        if suffix not in WRITABLE_SUFFIXES:
            raise unknown("video suffix", suffix, WRITABLE_SUFFIXES)
        if not 0 < fps <= 1000 or min(size_hw) < 1:
            raise HondoError(f"a video needs a positive size and 0 < fps <= 1000, got {size_hw} and {fps:g}")
        self.path, self.size_hw, self.fps = Path(path), tuple(size_hw), fps
        self._rate = Fraction(fps).limit_denominator(1001)  # 23.976 is 24000/1001
        self._ticks = self._rate.numerator * math.ceil(
            _MIN_TICKS / self._rate.numerator
        )  # frames fall on integer ticks
        self._sound_of = sound_of
        self._sound: SoundCopy | None = None
        self.sound_left_out: str | None = None
        self._last_pts = -1
        self._count = 0

    def __enter__(self) -> "VideoWriter":
        self._temporary = temporary_path(self.path)
        try:
            # faststart: the index in front of the frames, so that a browser can start before it has the whole file
            flags = {} if self.path.suffix.lower() == ".mkv" else {"movflags": "faststart"}
            self._container = av.open(str(self._temporary), "w", options=flags)
        except (av.FFmpegError, OSError) as error:
            raise cannot_write(self.path, error) from error
        self._stream = self._add_stream()
        if self._sound_of is not None:
            self._open_sound(self._sound_of)
        return self

    def _open_sound(self, source: str | Path) -> None:
        try:
            self._sound = SoundCopy.open(source, into=self._container)
        except (av.FFmpegError, OSError, ValueError) as error:
            self.sound_left_out = f"its sound was left out: it cannot be copied into {self.path.suffix} ({error})"

    def write(self, rgb: UInt8[np.ndarray, "h w 3"], *, time_s: float | None = None) -> None:
        """Adds a frame, at ``time_s`` seconds (later than the last one) or at its place in the even rate."""
        if rgb.shape[:2] != self.size_hw:
            raise HondoError(f"{self.path}: a frame of {rgb.shape[:2]} does not fit the video of {self.size_hw}")
        pts = round((self._count / self._rate if time_s is None else time_s) * self._ticks)
        if pts <= self._last_pts:
            raise HondoError(f"{self.path}: frame {self._count} at {time_s} s is not later than the one before")
        rows, columns = self.size_hw[0] % 2, self.size_hw[1] % 2
        if rows or columns:
            rgb = np.pad(rgb, ((0, rows), (0, columns), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.time_base = pts, Fraction(1, self._ticks)
        frame.duration = round(self._ticks / self._rate)
        self._mux(frame)
        self._copy_sound(until_s=pts / self._ticks)
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
            if self._sound is not None:
                self._sound.close()
            self._temporary.unlink(missing_ok=True)

    def _copy_sound(self, *, until_s: float) -> None:
        if self._sound is None:
            return
        try:
            self._sound.copy(until_s=until_s)
        except (av.FFmpegError, OSError, ValueError) as error:
            self.sound_left_out, self._sound = f"its sound ends at {until_s:.1f} s ({error})", None

    def _finish(self) -> None:
        if self._count == 0:
            raise HondoError(f"{self.path}: no frame was written, so there is no video")
        self._copy_sound(until_s=self._last_pts / self._ticks + 1 / self.fps)
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
            stream: Any = self._container.add_stream(name, rate=self._rate, options=options)
            height, width = self.size_hw
            stream.width, stream.height = width + width % 2, height + height % 2
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, self._ticks)
            stream.codec_context.colorspace = Colorspace.ITU709
            return stream
        raise HondoError("this PyAV has no H.264 or MPEG-4 encoder; install the av wheel from PyPI")


class SoundCopy:
    """The packets of a file's sound, copied into another container without decoding them."""

    def __init__(self, source: InputContainer, stream: Any, output: Any, container: OutputContainer) -> None:
        self._source, self._output, self._container = source, output, container
        self._packets: Iterator[Packet] = source.demux(stream)
        self._next: Packet | None = None

    @classmethod
    def open(cls, path: str | Path, *, into: OutputContainer) -> "SoundCopy | None":
        """The first sound of a file; None where it has none. Raises ValueError where the container cannot hold it."""
        source = open_film(path)
        if not source.streams.audio:
            source.close()
            return None
        stream = source.streams.audio[0]
        try:
            if stream.codec_context.name not in into.supported_codecs:
                raise ValueError(f"{stream.codec_context.name} is not a codec of this kind of file")
            return cls(source, stream, into.add_stream_from_template(stream), into)
        except BaseException:
            source.close()
            raise

    def copy(self, *, until_s: float) -> None:
        """Copies what is heard before ``until_s``."""
        while (packet := self._next or next(self._packets, None)) is not None:
            self._next = packet
            if packet.dts is not None and packet.time_base is not None:
                if float(packet.dts * packet.time_base) > until_s:
                    return
                packet.stream = self._output
                self._container.mux(packet)
            self._next = None

    def close(self) -> None:
        """Closes the file that the sound is copied from."""
        self._source.close()
