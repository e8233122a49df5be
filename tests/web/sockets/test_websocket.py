"""Handshakes of WebSockets, their refusals, and what closed connections leave behind."""

import json
import os
import socket

import pytest
from websockets.exceptions import InvalidStatus

from hondo.web.security.access import Access
from hondo.web.security.limits import Limits
from tests.web.sockets.streams import header_of, stream

TOKEN = "right-token-right-token"


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


def test_too_many_streams(serving, caplog, until) -> None:
    started = serving(limits=Limits(streams=2))
    with stream(started):
        assert refused(started) == 429
    assert "Exception" not in caplog.text
    until(lambda: len(started.service.streams) == 0)
    with stream(started):
        pass


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

    def open_files() -> int:
        return len(os.listdir("/dev/fd"))

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
