"""WS /v1/stream over real sockets: the newest image wins, errors are sent, clients do not delay each other."""

import json
import socket
import threading
import time

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from hondo.web.security.limits import Limits
from tests.web.sockets.streams import header_of, stream


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
        until(lambda: started.frames("dropped") == 18)
        free.set()
        headers = [header_of(socket_.recv(timeout=20)) for _ in range(2)]
    assert headers[0]["number"] < headers[1]["number"] == 19 and headers[1]["dropped"] == 18


def test_every_image_is_answered_if_the_client_wants_that(serving, image) -> None:
    def slow(shown):
        time.sleep(0.03)
        return shown[:, :1] + 0.1

    started = serving(slow)
    with stream(started, "/v1/stream?every=true&side=16") as socket_:
        for number in range(10):
            socket_.send(b"no image" if number == 4 else image())
        answers = [socket_.recv(timeout=20) for _ in range(10)]
    refused = json.loads(answers.pop(4))
    assert (refused["number"], refused["status"]) == (4, 415)
    assert [header_of(answer)["number"] for answer in answers] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert header_of(answers[-1])["dropped"] == 0


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


def test_a_message_that_is_too_large_ends_the_stream(serving) -> None:
    started = serving(limits=Limits(body_bytes=100_000))
    with stream(started) as socket_, pytest.raises(ConnectionClosed) as closed:
        socket_.send(b"x" * 200_000)
        socket_.recv(timeout=20)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


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
