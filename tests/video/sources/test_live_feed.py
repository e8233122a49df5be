"""Cameras and streams: what a missing, taken or lost one says, and that a stream comes back, over a real socket."""

import io
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.video.sources import live_feed as live
from hondo.video.sources.live_feed import live_feed, live_frames
from hondo.video.sources.live_frame import FeedControl


def test_a_missing_camera_is_named(capfd) -> None:
    with pytest.raises(HondoError, match=r"webcam:97: no camera answers"):
        next(live_frames("webcam:97"))
    assert len(capfd.readouterr().err) < 200  # no page of warnings


def test_a_camera_needs_a_number() -> None:
    with pytest.raises(HondoError, match="webcam:NUMBER"):
        next(live_frames("webcam:front"))


def test_a_stream_that_nobody_sends_is_named_without_its_password() -> None:
    with pytest.raises(HondoError, match=r"rtsp://127\.0\.0\.1:9/live: cannot read") as caught:
        next(live_frames("rtsp://user:secret@127.0.0.1:9/live"))
    assert "secret" not in str(caught.value)


def test_a_stream_gives_frames_with_times(clip) -> None:
    """Any address PyAV opens is read the same way: a file stands in for the network."""
    frames = list(live_frames(f"file://{clip}"))
    assert len(frames) == 4 and frames[0].image.shape == (24, 48, 3)
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)


@pytest.mark.parametrize(
    ("grabs", "said"), [(0, "gives no frames; close other programs"), (2, "stopped giving frames")]
)
def test_a_camera_that_is_taken_or_pulled_out(monkeypatch, grabs, said) -> None:
    class Camera:
        def __init__(self, number: int) -> None:
            self.left = grabs

        def isOpened(self) -> bool:
            return True

        def set(self, name: int, value: float) -> bool:
            return False

        def grab(self) -> bool:
            self.left -= 1
            return self.left >= 0

        def retrieve(self):
            return True, np.zeros((4, 4, 3), np.uint8)

        def release(self) -> None:
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    frames = []
    with pytest.raises(HondoError, match=f"webcam:0: the camera {said}"):
        frames.extend(live_frames("webcam:0"))


class Patience(threading.Event):
    """Counts how long was waited, without waiting; stops after eight times."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if len(self.waits) == 8:
            self.set()
        return self.is_set()


def test_a_lost_source_is_tried_ever_more_seldom() -> None:
    patience, reasons = Patience(), []
    assert list(live_feed("webcam:97", FeedControl(stopped=patience, lost=reasons.append))) == []
    assert patience.waits == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert len(reasons) == 8 and all("no camera answers" in reason for reason in reasons)


def test_a_stream_that_ends_is_reached_again(monkeypatch) -> None:
    """The first connection ends, the second is refused, the third gives another size in the middle, and damage."""
    monkeypatch.setattr(live, "FIRST_WAIT_S", 0.01)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    small, large = transport_stream((48, 64)), transport_stream((96, 128))
    bodies = iter([small, None, small + damaged(large)])
    reasons, bad = [], []
    control = FeedControl(lost=reasons.append, corrupt=lambda: bad.append(1))
    with serving(lambda: next(bodies, None)) as address:
        sizes = []
        for captured in live_feed(address, control):
            sizes.append(captured.image.shape[:2])
            if len(sizes) > 30 and sizes[-1] == (96, 128) and bad:
                control.stopped.set()
    assert [size for size, _ in itertools.groupby(sizes)] == [(48, 64), (96, 128)]
    assert len(reasons) == 2 and all(reason.startswith(f"{address}: ") for reason in reasons)
    assert "5XX" in reasons[1]


def transport_stream(size_hw: tuple[int, int], *, count: int = 20) -> bytes:
    """Noise as MPEG-TS, each frame on its own."""
    buffer, rng = io.BytesIO(), np.random.default_rng(0)
    with av.open(buffer, "w", format="mpegts") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.height, stream.width = size_hw
        stream.pix_fmt, stream.gop_size = "yuv420p", 1
        for _ in range(count):
            pixels = rng.integers(0, 256, (*size_hw, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def damaged(data: bytes) -> bytes:
    """With other bytes in the middle."""
    middle = len(data) // 2
    return data[:middle] + np.random.default_rng(1).bytes(2000) + data[middle + 2000 :]


@contextmanager
def serving(next_body: Callable[[], bytes | None]) -> Iterator[str]:
    """A web server that gives each connection the next body; None: 503."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = next_body()
            self.send_response(503 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/live.ts"
        finally:
            server.shutdown()
            thread.join()
