"""Tolerant decoding with PyAV: damaged frames are counted and skipped, where images.video_file would stop."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer

from hondo.core.errors import HondoError
from hondo.images.video_file import VideoFrame, main_stream, open_film, shown_pixels


class Decoded(NamedTuple):
    """A frame of the decoder, and the time.monotonic at which its packet came."""

    frame: av.VideoFrame
    came_at: float


def decoded(container: InputContainer, *, corrupt: Callable[[], None]) -> Iterator[Decoded]:
    """The frames of the main video stream; ``corrupt`` is called for each that is damaged."""
    for packet in container.demux(main_stream(container)):
        came_at = time.monotonic()
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            corrupt()
            continue
        for frame in frames:
            if frame.is_corrupt:
                corrupt()
            else:
                yield Decoded(frame, came_at)  # pyright: ignore[reportArgumentType]


def decoded_file(path: Path, *, corrupt: Callable[[], None], start_s: float = 0.0) -> Iterator[VideoFrame]:
    """The readable frames of a video file, upright, with their own times; from ``start_s`` seconds after the first.

    The end of a file cut short is its end.
    """
    count = 0
    try:
        with open_film(path) as container:
            stream = main_stream(container)
            stream.thread_type = "AUTO"
            first_s, rate = None, float(stream.average_rate or 30)
            if start_s > 0 and stream.duration is not None and stream.time_base is not None:
                first_s = float((stream.start_time or 0) * stream.time_base)
                container.seek(int((first_s + start_s) * av.time_base))  # to the key frame before
            for frame, _ in decoded(container, corrupt=corrupt):
                time_s = count / rate if frame.time is None else frame.time
                first_s = time_s if first_s is None else first_s
                count += 1
                if time_s - first_s > start_s - 0.5 / rate:
                    yield VideoFrame(image=shown_pixels(frame, stream), time_s=time_s - first_s)
    except (av.FFmpegError, OSError) as error:
        if count == 0:
            raise HondoError(f"{path} cannot be read ({error.strerror or error})") from error
        corrupt()
    if count == 0 and start_s == 0:
        raise HondoError(f"{path}: no frame of this video can be decoded; copy it again")
