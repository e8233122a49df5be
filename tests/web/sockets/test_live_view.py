"""WS /v1/live over real sockets: frames, commands, and viewers that do not delay each other."""

import json
import socket
import time

import numpy as np
import pytest

from hondo.video.live.live_stream import Stream
from hondo.video.sources.live_frame import Captured
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.security.limits import Limits
from tests.web.sockets.streams import header_of, stream


def test_viewers_see_images_and_depth(serving, camera) -> None:
    started = serving(camera=camera)
    with stream(started, "/v1/live") as first, stream(started, "/v1/live?deflate=true") as second:
        headers = [header_of(first.recv(timeout=20)) for _ in range(5)]
        other = header_of(second.recv(timeout=20))
    numbers = [header["number"] for header in headers]
    assert numbers == sorted(set(numbers))
    assert headers[0]["picture_bytes"] > 100 and (headers[0]["width"], headers[0]["height"]) == (64, 48)
    assert headers[-1]["stats"]["state"] == "running" and headers[-1]["latency_ms"] < 5000
    assert (headers[0]["encoding"], other["encoding"]) == ("raw", "deflate")


def test_pause_resume_and_model(serving, camera, tiny) -> None:
    started = serving(camera=camera, models=("tiny", "other"), load=lambda name: tiny(name=name))
    with stream(started, "/v1/live") as viewer:
        viewer.recv(timeout=20)
        viewer.send('{"action": "pause"}')
        answer = next_text(viewer)
        assert answer["stats"]["state"] == "paused"
        viewer.send('{"action": "resume"}')
        viewer.send('{"model": "other"}')
        while header_of_frame(viewer)["model"] != "other":
            pass
        viewer.send('{"action": "seek", "time_s": 0.02}')
        for wrong in (
            '{"action": "explode"}', "no json", '{"model": "gone"}', '{"action": "seek", "time_s": 9}',
            '{"action": "seek", "time_s": true}',
        ):  # fmt: skip
            viewer.send(wrong)
            assert next_text(viewer)["status"] in (400, 404)


def test_no_more_frames_come_than_a_viewer_has_shown(serving, camera, until) -> None:
    started = serving(camera=camera)
    with stream(started, "/v1/live?ahead=2") as viewer:
        first = [header_of(viewer.recv(timeout=20))["number"] for _ in range(2)]
        until(lambda: camera.messages.count > 5)
        with pytest.raises(TimeoutError):
            viewer.recv(timeout=0.2)
        viewer.send('{"shown": 2}')
        assert header_of(viewer.recv(timeout=20))["number"] > first[-1] + 1, "what came meanwhile was passed over"


def test_a_viewer_that_stops_reading_harms_nobody(serving, tiny, until, monkeypatch) -> None:
    monkeypatch.setattr("hondo.web.http.bounded_protocol._CLOSE_S", 0.5)
    noise = np.random.default_rng(0).integers(0, 256, (720, 960, 3), dtype=np.uint8)  # half a megabyte as JPEG

    def feed(control):
        while not control.stopped.wait(0.02):
            yield Captured(image=noise, captured_at=time.monotonic(), time_s=time.monotonic())

    started = serving(
        camera=ServerCamera(Stream(feed, tiny(), steady=None), name="noise"), limits=Limits(send_seconds=0.5)
    )
    with stream(started, "/v1/live", max_queue=2) as deaf, stream(started, "/v1/live") as viewer:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        until(lambda: len(started.service.streams) == 2)
        seen = 0
        while len(started.service.streams) == 2:
            header_of(viewer.recv(timeout=20))
            seen += 1
        assert seen > 3 and header_of(viewer.recv(timeout=20))["stats"]["state"] == "running"


def next_text(viewer) -> dict:
    while True:
        message = viewer.recv(timeout=20)
        if isinstance(message, str):
            return json.loads(message)


def header_of_frame(viewer) -> dict:
    while True:
        message = viewer.recv(timeout=20)
        if isinstance(message, bytes):
            return header_of(message)
