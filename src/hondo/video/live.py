"""Frames of a camera or a network stream as they come: OpenCV for webcams, PyAV for addresses."""

import time
from collections.abc import Iterator

from hondo.core.errors import HondoError
from hondo.images.video_file import VideoFrame

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 10.0


def live_frames(address: str) -> Iterator[VideoFrame]:
    """Frames of ``webcam:N`` or of a stream's address, with the seconds since the first; ends when the stream does."""
    return _webcam(address) if address.lower().startswith("webcam:") else _stream(address)


def _webcam(address: str) -> Iterator[VideoFrame]:
    import cv2

    number = address.split(":", 1)[1]
    if not number.isdigit():
        raise HondoError(f"{address}: a camera is webcam:NUMBER, e.g. webcam:0")
    with _quiet_opencv():
        camera = cv2.VideoCapture(int(number))
    try:
        if not camera.isOpened():
            raise HondoError(
                f"{address}: no camera answers; check that it is plugged in, free and allowed, or try another number"
            )
        start = time.monotonic()
        while True:
            is_read, bgr = camera.read()
            if not is_read:
                raise HondoError(f"{address}: the camera stopped giving frames")
            yield VideoFrame(image=cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), time_s=time.monotonic() - start)
    finally:
        camera.release()


def _stream(address: str) -> Iterator[VideoFrame]:
    import av

    options = {"rtsp_transport": "tcp"} if address.lower().startswith("rtsp") else {}
    shown = address.split("://", 1)[0] + "://" + address.split("://", 1)[1].split("@")[-1]  # no password in messages
    try:
        with av.open(address, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as container:
            if not container.streams.video:
                raise HondoError(f"{shown}: this stream has no video")
            start = time.monotonic()
            for frame in container.decode(video=0):
                yield VideoFrame(image=frame.to_ndarray(format="rgb24"), time_s=time.monotonic() - start)
    except (av.FFmpegError, OSError) as error:
        raise HondoError(f"{shown}: cannot read this stream ({getattr(error, 'strerror', None) or error})") from error


def _quiet_opencv():
    """OpenCV prints a page of warnings where a camera is missing; our one line says it."""
    from contextlib import contextmanager

    import cv2

    @contextmanager
    def silenced() -> Iterator[None]:
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            yield
        finally:
            cv2.utils.logging.setLogLevel(level)

    return silenced()
