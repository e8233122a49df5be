"""Frames of a camera or a network stream as they come: OpenCV for webcams, PyAV for addresses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.images.video_file import VideoFrame, is_video, main_stream, shown_pixels
from hondo.video.sources.live_frame import Captured, Feed, FeedControl
from hondo.video.sources.recording_feed import FOLDER_FPS, folder_feed, video_feed
from hondo.video.sources.source_list import LIVE, check_stream
from hondo.video.sources.tolerant_decode import decoded

OPEN_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0  # between two attempts to reach a lost source; doubled each time


def live_frames(address: str) -> Iterator[VideoFrame]:
    """Frames of ``webcam:N`` or of a stream's address, with the seconds since the first; ends when the stream does."""
    for captured in connection_frames(address, FeedControl()):
        yield VideoFrame(image=captured.image, time_s=captured.time_s)


def live_feed(address: str, control: FeedControl) -> Iterator[Captured]:
    """The frames of all connections: a source that is missing, busy or lost is reported and retried with back-off."""
    wait_s, start = FIRST_WAIT_S, None
    while not control.stopped.is_set():
        try:
            for captured in connection_frames(address, control):
                start = captured.captured_at if start is None else start
                wait_s = FIRST_WAIT_S
                yield Captured(
                    image=captured.image, captured_at=captured.captured_at, time_s=captured.captured_at - start
                )
            reason = f"{shown(address)}: the stream ended"
        except HondoError as error:
            reason = str(error)
        if control.stopped.is_set():
            return
        control.lost(reason)
        control.stopped.wait(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def connection_frames(address: str, control: FeedControl) -> Iterator[Captured]:
    """The frames of one connection, until it ends or is stopped; HondoError where it fails."""
    frames = _webcam(address) if address.lower().startswith("webcam:") else _stream(address, control)
    start = None
    for frame, caught_at in frames:
        start = caught_at if start is None else start
        yield Captured(image=frame, captured_at=caught_at, time_s=caught_at - start)
        if control.stopped.is_set():
            return


def check_address(address: str) -> str:
    """The address, if it has the form of one."""
    if address.lower().startswith("webcam:") and not address.split(":", 1)[1].isdigit():
        raise HondoError(f"{address}: a camera is webcam:NUMBER, e.g. webcam:0")
    return address


def shown(address: str) -> str:
    """The address without a password, for messages."""
    head, separator, rest = address.partition("://")
    return head + separator + rest.split("@")[-1]


def _webcam(address: str) -> Iterator[tuple]:
    import cv2

    number = int(check_address(address).split(":", 1)[1])
    with _quiet_opencv():
        camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise HondoError(
                f"{address}: no camera answers; check that it is plugged in, free and allowed, or try another number"
            )
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # drivers that support it keep no old frames
        reason = "gives no frames; close other programs that use it, or try another number"
        while camera.grab():
            caught_at, reason = time.monotonic(), "stopped giving frames"
            is_read, bgr = camera.retrieve()
            if not is_read:
                break
            yield cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), caught_at
        raise HondoError(f"{address}: the camera {reason}")
    finally:
        camera.release()


def _stream(address: str, control: FeedControl) -> Iterator[tuple]:
    import av

    options = {"rtsp_transport": "tcp"} if address.lower().startswith("rtsp") else {}
    try:
        with av.open(address, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as container:
            if not container.streams.video:
                raise HondoError(f"{shown(address)}: this stream has no video")
            stream = main_stream(container)
            for frame, came_at in decoded(container, corrupt=control.corrupt):
                yield shown_pixels(frame, stream), came_at
    except (av.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HondoError(f"{shown(address)}: cannot read this stream ({reason})") from error


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Without the many warnings that OpenCV prints where a camera is missing: the error says it in one line."""
    import cv2

    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def feed_of(source: str, *, loop: bool = False, folder_fps: float = FOLDER_FPS) -> Feed:
    """The feed of ``webcam:N``, an rtsp/http address, a video file or a folder of images; refuses anything else.

    ``loop`` plays files and folders again and again; ``folder_fps`` is the rate of a folder's images.
    """
    if not 0 < folder_fps <= 1000:
        raise HondoError(f"the rate of a folder must lie between 0 and 1000 images a second, got {folder_fps:g}")
    check_stream(source)
    if LIVE.match(source):
        return partial(live_feed, check_address(source))
    path = Path(source)
    if path.is_dir():
        return folder_feed(path, fps=folder_fps, loop=loop)
    if not is_video(path):
        raise HondoError(f"{source}: a stream is of a camera, a video or a folder; for one image: hondo predict")
    return video_feed(path, loop=loop)
