"""GET and WS /v1/live over real sockets, with a camera that is a folder of pictures."""

import json
import socket
import struct
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from hondo.video.frames import Captured
from hondo.video.stream import Stream
from hondo.web.camera import ServerCamera, shown_source
from hondo.web.limits import Limits


@pytest.fixture
def camera(tmp_path: Path, tiny) -> ServerCamera:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64, 3), 50 * number + 20, np.uint8))
    return ServerCamera(Stream(str(tmp_path), tiny(), loop=True, folder_fps=50), name="folder")


@contextmanager
def watching(server, query: str = "", **options):
    options = {"proxy": None, "max_size": None} | options
    with connect(f"ws://127.0.0.1:{server.port}/v1/live{query}", **options) as viewer:
        yield viewer


def header_of(message: str | bytes) -> dict:
    assert isinstance(message, bytes), message
    (length,) = struct.unpack("<I", message[4:8])
    return json.loads(message[8 : 8 + length])


def test_viewers_see_pictures_and_depth(serving, camera) -> None:
    started = serving(camera=camera)
    with watching(started) as first, watching(started, "?deflate=true") as second:
        headers = [header_of(first.recv(timeout=20)) for _ in range(5)]
        other = header_of(second.recv(timeout=20))
    numbers = [header["number"] for header in headers]
    assert numbers == sorted(set(numbers))
    assert headers[0]["picture_bytes"] > 100 and (headers[0]["width"], headers[0]["height"]) == (64, 48)
    assert headers[-1]["stats"]["state"] == "running" and headers[-1]["latency_ms"] < 5000
    assert (headers[0]["encoding"], other["encoding"]) == ("raw", "deflate")


def test_pause_resume_and_model(serving, camera, tiny) -> None:
    started = serving(camera=camera, models=("tiny", "other"), load=lambda name: tiny(name=name))
    with watching(started) as viewer:
        viewer.recv(timeout=20)
        viewer.send('{"action": "pause"}')
        told = next_text(viewer)
        assert told["stats"]["state"] == "paused"
        viewer.send('{"action": "resume"}')
        viewer.send('{"model": "other"}')
        while header_of_frame(viewer)["model"] != "other":
            pass
        for wrong in ('{"action": "explode"}', "no json", '{"model": "gone"}'):
            viewer.send(wrong)
            assert next_text(viewer)["status"] in (400, 404)


def test_no_more_frames_come_than_a_viewer_has_shown(serving, camera, until) -> None:
    started = serving(camera=camera)
    with watching(started, "?ahead=2") as viewer:
        first = [header_of(viewer.recv(timeout=20))["number"] for _ in range(2)]
        until(lambda: camera._count > 5)
        with pytest.raises(TimeoutError):
            viewer.recv(timeout=0.2)
        viewer.send('{"shown": 2}')
        assert header_of(viewer.recv(timeout=20))["number"] > first[-1] + 1, "what came meanwhile was passed over"


def test_a_viewer_that_stops_reading_harms_nobody(serving, tiny, until, monkeypatch) -> None:
    monkeypatch.setattr("hondo.web.protocol._CLOSE_S", 0.5)
    noise = np.random.default_rng(0).integers(0, 256, (720, 960, 3), dtype=np.uint8)  # half a megabyte as JPEG

    def feed(control):
        while not control.stopped.wait(0.02):
            yield Captured(image=noise, captured_at=time.monotonic(), time_s=time.monotonic())

    started = serving(
        camera=ServerCamera(Stream(feed, tiny(), steady=None), name="noise"), limits=Limits(send_seconds=0.5)
    )
    with watching(started, max_queue=2) as deaf, watching(started) as viewer:
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


def test_the_state_of_the_camera(serving, camera) -> None:
    started = serving(camera=camera)
    with started.client() as client:
        told = client.get("/v1/live").json()["camera"]
    assert told["name"] == "folder" and told["stats"]["state"] in ("starting", "running")


def test_a_server_without_a_camera(server) -> None:
    with server.client() as client:
        assert client.get("/v1/live").json() == {"camera": None}
    with pytest.raises(InvalidStatus) as refused, watching(server):
        pass
    assert refused.value.response.status_code == 404
    with pytest.raises(InvalidStatus) as refused, watching(server, "?ahead=0"):
        pass
    assert refused.value.response.status_code == 400


def test_nothing_is_encoded_while_nobody_looks(serving, camera, until) -> None:
    started = serving(camera=camera)
    until(lambda: camera.stream.stats().frames_predicted > 5)
    assert camera._count == 0
    with watching(started) as viewer:
        viewer.recv(timeout=20)
    until(lambda: sum(camera._viewers.values()) == 0)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://user:secret@cam.local/a", "rtsp://cam.local/a"),
        ("rtsp://user:p@ss@cam.local", "rtsp://cam.local"),
        ("webcam:0", "webcam:0"),
        ("some/folder/clip.mp4", "clip.mp4"),
    ],
)
def test_names_without_passwords(source: str, shown: str) -> None:
    assert shown_source(source) == shown
