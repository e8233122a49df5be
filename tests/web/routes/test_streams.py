"""WS /v1/stream over real sockets: newest wins, errors are told, nobody holds up anybody, nothing leaks."""

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hondo.video.live.live_stream import Stream
from hondo.video.sources.live_frame import Captured
from hondo.web.inference.server_camera import ServerCamera, shown_source
from hondo.web.inference.service_metrics import open_files
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits

TOKEN = "right-token-right-token"


def stream(server, path: str = "/v1/stream", **options) -> ClientConnection:
    options = {"max_size": None, "proxy": None, "open_timeout": 20, "compression": None} | options
    return connect(f"ws://127.0.0.1:{server.port}{path}", **options)


def header_of(message: str | bytes) -> dict:
    assert isinstance(message, bytes), message
    (length,) = struct.unpack("<I", message[4:8])
    return json.loads(message[8 : 8 + length])


def test_a_frame_comes_back_as_depth(server, image) -> None:
    with stream(server) as socket_:
        socket_.send(image((480, 640), form="JPEG"))
        message = socket_.recv(timeout=20)
    header = header_of(message)
    assert (header["depth_width"], header["depth_height"], header["width"]) == (384, 288, 640)
    assert header["number"] == 0 and header["model"] == "tiny" and header["latency_ms"] > 0
    stored = np.frombuffer(message, "<u2", offset=len(message) - header["depth_bytes"]).reshape(288, 384)
    assert stored[:20].mean() < stored[-20:].mean() / 4
    assert header["camera"] is not None and header["near_far"][0] > header["near_far"][1]


def test_frames_follow_one_another(server, image) -> None:
    with stream(server) as socket_:
        for number in range(5):
            socket_.send(image(seed=number))
            assert header_of(socket_.recv(timeout=20))["number"] == number


def test_the_newest_frame_wins(serving, image, until) -> None:
    free = threading.Event()
    free.set()
    started = serving(lambda shown: free.wait(20) and shown[:, :1] + 0.1)
    free.clear()
    with stream(started) as socket_:
        for _ in range(20):
            socket_.send(image())
        until(lambda: started.service.metrics.frames.value(fate="dropped") == 18)
        free.set()
        headers = [header_of(socket_.recv(timeout=20)) for _ in range(2)]
    assert headers[0]["number"] < headers[1]["number"] == 19 and headers[1]["dropped"] == 18


def test_options_in_the_address_and_in_text(server, image) -> None:
    with stream(server, "/v1/stream?side=32&deflate=true") as socket_:
        socket_.send(image())
        first = header_of(socket_.recv(timeout=20))
        socket_.send(json.dumps({"side": 16, "deflate": False, "model": "tiny"}))
        socket_.send(image())
        second = header_of(socket_.recv(timeout=20))
    assert (first["depth_width"], first["encoding"]) == (32, "deflate")
    assert (second["depth_width"], second["encoding"]) == (16, "raw")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"no image", 415),
        (b"", 415),
        ("no json", 400),
        ("[1]", 400),
        ('{"side": 5}', 400),
        ('{"path": "x"}', 400),
        ('{"model": 5}', 400),
    ],
)
def test_a_bad_message_is_told_and_the_stream_goes_on(server, image, message, status) -> None:
    with stream(server) as socket_:
        socket_.send(message)
        error = json.loads(socket_.recv(timeout=20))
        assert error["status"] == status and "\n" not in error["error"]
        socket_.send(image())
        assert header_of(socket_.recv(timeout=20))["model"] == "tiny"


def test_an_unknown_model_is_told(server, image) -> None:
    with stream(server) as socket_:
        socket_.send('{"model": "../x"}')
        socket_.send(image())
        assert json.loads(socket_.recv(timeout=20))["status"] == 404


@pytest.mark.parametrize(
    "path", ["/v1/stream?side=x", "/v1/stream?side=99999", "/v1/stream?deflate=maybe", "/v1/stream?a=1"]
)
def test_bad_options_in_the_address(server, path) -> None:
    assert refused(server, path) == 400


def refused(server, path: str = "/v1/stream", **options) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        stream(server, path, **options)
    response = refusal.value.response
    assert json.loads(response.body or b"{}")["error"]
    return response.status_code


def test_token_and_origin(serving, image) -> None:
    started = serving(access=Access(token=TOKEN))
    assert refused(started) == 401
    assert refused(started, subprotocols=["hondo-v1", "hondo-token-wrong"]) == 401
    right = ["hondo-v1", f"hondo-token-{TOKEN}"]
    assert refused(started, subprotocols=right, origin="https://evil.example") == 403
    with stream(started, subprotocols=right, origin=started.url) as socket_:
        assert socket_.subprotocol == "hondo-v1"
        socket_.send(image())
        header_of(socket_.recv(timeout=20))
    with stream(started, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket_:
        socket_.send(image())
        header_of(socket_.recv(timeout=20))


def test_a_message_that_is_too_large_ends_the_stream(serving) -> None:
    started = serving(limits=Limits(body_bytes=100_000))
    with stream(started) as socket_, pytest.raises(ConnectionClosed) as closed:
        socket_.send(b"x" * 200_000)
        socket_.recv(timeout=20)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_too_many_streams(serving, caplog, until) -> None:
    started = serving(limits=Limits(streams=2))
    with stream(started):
        assert refused(started) == 429
    assert "Exception" not in caplog.text
    until(lambda: len(started.service.streams) == 0)
    with stream(started):
        pass


def test_a_client_that_stops_reading_harms_nobody(serving, image, until, monkeypatch) -> None:
    monkeypatch.setattr("hondo.web.http.bounded_protocol._CLOSE_S", 0.5)
    started = serving(limits=Limits(send_seconds=0.5))
    large = image((1200, 1600), form="JPEG")
    with stream(started, "/v1/stream?side=1600", max_queue=1) as deaf, stream(started) as other:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        until(lambda: len(started.service.streams) == 2)
        for _ in range(10):
            deaf.send(large)
            other.send(image())
            header_of(other.recv(timeout=20))
            time.sleep(0.02)
        start = time.monotonic()
        other.send(image())
        header_of(other.recv(timeout=20))
        assert time.monotonic() - start < 5
        until(lambda: started_over(started, deaf, large))


def started_over(server, deaf: ClientConnection, large: bytes) -> bool:
    """Goes on sending until the server has given up on the one that reads nothing."""
    if len(server.service.streams) == 1:
        return True
    try:
        deaf.send(large)
    except ConnectionClosed:
        return len(server.service.streams) == 1
    return False


def test_many_connections_leave_nothing_behind(serving, image, until) -> None:
    started = serving()

    def connections(count: int) -> None:
        for number in range(count):
            with stream(started) as socket_:
                if number % 5 == 0:
                    socket_.send(image())
                    header_of(socket_.recv(timeout=20))

    def tasks() -> float:
        with started.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("hondo_tasks ")))

    connections(10)
    until(lambda: len(started.service.streams) == 0)
    files, running = open_files(), tasks()
    connections(100)
    until(lambda: len(started.service.streams) == 0)
    until(lambda: open_files() <= files + 2)
    until(lambda: tasks() <= running + 2)


def test_a_client_that_vanishes_frees_its_place(serving, image, until) -> None:
    started = serving()
    with stream(started) as gone:
        gone.send(image())
        gone.socket.shutdown(socket.SHUT_RDWR)
        until(lambda: len(started.service.streams) == 0)


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


def test_viewers_see_images_and_depth(serving, camera) -> None:
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
        answer = next_text(viewer)
        assert answer["stats"]["state"] == "paused"
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
    monkeypatch.setattr("hondo.web.http.bounded_protocol._CLOSE_S", 0.5)
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
        state = client.get("/v1/live").json()["camera"]
    assert state["name"] == "folder" and state["stats"]["state"] in ("starting", "running")


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
