"""Reads video files with PyAV, frame by frame: constant memory; rotation, pixel aspect and true times are kept."""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Disposition
from av.video.stream import VideoStream
from jaxtyping import UInt8

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.images.animated_gif import DEFAULT_DELAY_S, gif_frames
from hondo.images.file_header import DAMAGED, open_pillow

VIDEO_SUFFIXES = frozenset(
    [
        ".mp4",
        ".mov",
        ".m4v",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".m2v",
        ".ts",
        ".mts",
        ".m2ts",
        ".wmv",
        ".asf",
        ".flv",
        ".f4v",
        ".3gp",
        ".ogv",
        ".vob",
        ".mxf",
        ".gif",
    ]
)
MIN_PIXEL_ASPECT = 0.2  # a sample aspect ratio beyond this (and its inverse) is taken for damage
_MAX_MISSING = 0.05  # part of the stated duration that may be missing before a file counts as cut off


# The demuxers that open a film; others read text, playlists and scripts, which can name other files and addresses.
_FILMS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,m4v,asf,flv,ogg,mxf,mjpeg,h264,hevc,av1,obu,ivf,"
    "yuv4mpegpipe,dv,nut,gif"
)
_MAX_MEGAPIXELS = 100.0  # of a frame
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"heim", b"heis")  # images in the container of MP4


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """The header of a video file; ``size_hw`` is as shown, after its rotation. None: not stated."""

    size_hw: Size
    fps: float
    frame_count: int | None
    duration_s: float | None


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """One upright image, uint8 RGB, and its time in seconds after the first."""

    image: UInt8[np.ndarray, "h w 3"]
    time_s: float


def is_video(path: str | Path) -> bool:
    """Whether a file is a video: by its suffix, else by what PyAV says of its content; a still GIF is an image."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".gif":
        return is_animated(path)
    return suffix in VIDEO_SUFFIXES or _is_film(path)


def is_animated(path: Path) -> bool:
    """Whether a GIF holds more than one image; a damaged one is taken for an image."""
    try:
        with path.open("rb") as file:
            return bool(getattr(open_pillow(file), "is_animated", False))
    except DAMAGED:
        return False


def _is_film(path: Path) -> bool:
    try:
        if _is_image(path):
            return False
        with open_film(path) as container:
            return bool(container.streams.video)
    except (av.FFmpegError, ValueError, OSError):
        return False


def open_film(path: str | Path) -> InputContainer:
    """A file as PyAV's container, if it is a film itself: no playlist or script, and no other file is ever opened."""
    return av.open(str(path), options={"format_whitelist": _FILMS, "protocol_whitelist": "file"})


def _is_image(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if file.read(12)[8:] in _STILL_BRANDS:
                return True
            file.seek(0)
            open_pillow(file)
            return True
    except DAMAGED:
        return False


def probe_video(path: str | Path) -> VideoInfo:
    """Size, rate and length of a video, from its header and first frame; of a GIF from all its images."""
    if Path(path).suffix.lower() == ".gif":
        frames = [(image.shape[:2], time_s) for image, time_s in gif_frames(path)]
        length_s = max(frames[-1][1], DEFAULT_DELAY_S)
        fps = max(1, len(frames) - 1) / length_s
        return VideoInfo(size_hw=frames[0][0], fps=fps, frame_count=len(frames), duration_s=length_s + 1 / fps)
    with _opened(path) as container, _decoding(path):
        stream = main_stream(container)
        first = next(container.decode(stream), None)
        if first is None:
            raise HondoError(f"{path} holds no frames; record or convert it again")
        turned = upright(np.empty((first.height, square_width(first, stream), 0), dtype=np.uint8), first)
        fps = float(stream.average_rate or stream.guessed_rate or 0) or 30.0
        return VideoInfo(
            size_hw=turned.shape[:2],
            fps=fps,
            frame_count=_frame_count(container, fps),
            duration_s=_duration_s(container),
        )


def read_video(path: str | Path, *, every: int = 1, max_frames: int | None = None) -> Iterator[VideoFrame]:
    """The frames one by one, upright, with their own times. ``every=3`` gives the first of every three."""
    if every < 1 or (max_frames is not None and max_frames < 1):
        raise HondoError(f"every and max_frames must be at least 1, got {every} and {max_frames}")
    if Path(path).suffix.lower() == ".gif":
        frames = (VideoFrame(image=image, time_s=time_s) for image, time_s in gif_frames(path))
        yield from islice(frames, 0, None if max_frames is None else (max_frames - 1) * every + 1, every)
        return
    with _opened(path) as container, _decoding(path):
        stream = main_stream(container)
        stream.thread_type = "AUTO"
        start_s = last_s = end_s = None
        for index, frame in enumerate(container.decode(stream)):
            time_s = frame.time if frame.time is not None else index / float(stream.average_rate or 30)
            start_s = time_s if start_s is None else start_s
            last_s, end_s = time_s, time_s + float((frame.duration or 0) * (frame.time_base or 0))
            if index % every == 0:
                yield VideoFrame(image=shown_pixels(frame, stream), time_s=time_s - start_s)
            if max_frames is not None and index // every + 1 >= max_frames and index % every == 0:
                return
        if start_s is None or last_s is None or end_s is None:
            raise HondoError(f"{path} holds no frames; record or convert it again")
        _check_complete(container, path, length_s=end_s - start_s)


def read_frame_at(path: str | Path, seconds: float) -> UInt8[np.ndarray, "h w 3"]:
    """The frame shown ``seconds`` after the first, upright: decoding starts at the key frame before it."""
    for frame in read_video_from(path, seconds):
        return frame.image
    raise HondoError(f"{path} ends before {seconds:g} s; is it the whole film?")


def read_video_from(path: str | Path, seconds: float) -> Iterator[VideoFrame]:
    """The frames from the one shown ``seconds`` after the first on; what lies before is not decoded into images."""
    with _opened(path) as container, _decoding(path):
        stream = main_stream(container)
        start_s = _start_s(stream)
        half_frame_s = 0.5 / float(stream.average_rate or 30)
        container.seek(int((start_s + max(0.0, seconds)) / float(stream.time_base or 1)), stream=stream)
        for frame in container.decode(stream):
            if frame.time is not None and frame.time - start_s > seconds - half_frame_s:
                yield VideoFrame(image=shown_pixels(frame, stream), time_s=frame.time - start_s)


def frame_times(path: str | Path) -> list[float]:
    """When each frame is shown, in seconds after the first; nothing is decoded."""
    with _opened(path) as container, _decoding(path):
        stream = main_stream(container)
        base = float(stream.time_base or 1)
        times = sorted(packet.pts * base for packet in container.demux(stream) if packet.pts is not None)
    return [time - times[0] for time in times]


def _start_s(stream: VideoStream) -> float:
    return float((stream.start_time or 0) * (stream.time_base or 1))


@contextmanager
def _opened(path: str | Path) -> Iterator[InputContainer]:
    if not Path(path).is_file():
        raise HondoError(f"{path} does not exist or is a folder; give a video file")
    if Path(path).stat().st_size == 0:
        raise HondoError(f"{path} is empty (0 bytes); copy or download it again")
    try:
        container = open_film(path)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise HondoError(f"{path} is not a video that can be read, or it is cut off: {_reason(error)}") from error
    with container:
        if not container.streams.video:
            raise HondoError(f"{path} has no image stream (only sound or data); give a video file")
        stream = main_stream(container)
        if stream.codec_context is None:
            raise HondoError(f"{path} names no codec that can be read; convert it to MP4 (H.264)")
        if _pixels(stream) > 1e6 * _MAX_MEGAPIXELS:
            size = f"{stream.width}x{stream.height}"
            raise HondoError(f"{path} has frames of {size}; at most {_MAX_MEGAPIXELS:g} megapixels can be read")
        yield container


@contextmanager
def _decoding(path: str | Path) -> Iterator[None]:
    try:
        yield
    except HondoError:
        raise
    except (av.FFmpegError, ValueError, ArithmeticError, MemoryError) as error:
        raise HondoError(f"{path} is damaged: {_reason(error)}; copy or convert it again") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _duration_s(container: InputContainer) -> float | None:
    own = _stream_duration_s(container)
    return own if own is not None or container.duration is None else container.duration / av.time_base


def _stream_duration_s(container: InputContainer) -> float | None:
    """The length of the images, as the header states it: Matroska has it as a tag, or for the whole file."""
    stream = main_stream(container)
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    clock = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if len(container.streams) > 1 or container.duration is None:
        return None
    return container.duration / av.time_base


def _check_complete(container: InputContainer, path: str | Path, *, length_s: float) -> None:
    """A file that was cut off ends early without any error from the decoder: compare with its header."""
    stated_s = _stream_duration_s(container)
    frame_s = 1 / float(main_stream(container).average_rate or 30)
    if stated_s is not None and stated_s - length_s > max(_MAX_MISSING * stated_s, 3 * frame_s):
        raise HondoError(f"{path} is cut off: it ends after {length_s:.1f} of {stated_s:.1f} seconds; copy it again")


def main_stream(container: InputContainer) -> VideoStream:
    """The stream with the film, where a preview image (attached picture) or a smaller copy is a stream too."""
    films = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    return max(films or container.streams.video, key=_pixels)


def _pixels(stream: VideoStream) -> int:
    """Of a frame by the header; 0 of a stream whose codec is not known, which PyAV gives no size."""
    return 0 if stream.codec_context is None else (stream.width or 0) * (stream.height or 0)


def shown_pixels(frame: av.VideoFrame, stream: VideoStream) -> UInt8[np.ndarray, "h w 3"]:
    """RGB as a player shows it: square pixels, upright. Where pixels are not square the width is resized."""
    pixels = frame.to_ndarray(format="rgb24")
    width = square_width(frame, stream)
    if width != frame.width:
        pixels = cv2.resize(pixels, (width, frame.height), interpolation=cv2.INTER_LINEAR)
    return upright(pixels, frame)


def square_width(frame: av.VideoFrame, stream: VideoStream) -> int:
    """The width of a stored frame with square pixels (its sample aspect ratio applied)."""
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if not aspect or not MIN_PIXEL_ASPECT <= aspect <= 1 / MIN_PIXEL_ASPECT:
        return frame.width
    return max(1, round(frame.width * aspect))


def _frame_count(container: InputContainer, fps: float) -> int | None:
    """The frames that are shown: an edit list (a trimmed MP4) hides some of those that the header counts."""
    stored = main_stream(container).frames or None
    if stored is None or container.duration is None:
        return stored
    return max(1, min(stored, round(container.duration / av.time_base * fps)))


def upright(pixels: UInt8[np.ndarray, "_ _ c"], frame: av.VideoFrame) -> UInt8[np.ndarray, "_ _ c"]:
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
