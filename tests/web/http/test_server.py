"""The end of a server: what runs is answered, streams are told, nothing new is taken."""

import threading

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


def test_what_runs_is_answered_when_the_server_is_told_to_stop(run_server, image, until) -> None:
    held, begun, is_ready = threading.Event(), threading.Event(), threading.Event()
    answers: list[int] = []

    def run(shown):
        if is_ready.is_set():
            begun.set()
            assert held.wait(20)
        return shown[:, :1]

    def ask() -> None:
        with server.client() as client:
            answers.append(client.post("/v1/depth", content=image()).status_code)

    with run_server(run) as server:
        is_ready.set()
        asking = threading.Thread(target=ask)
        asking.start()
        until(begun.is_set)
        server.stop()
        until(lambda: is_closed(server))
        assert answers == []
        held.set()
        asking.join(20)
        assert answers == [200]


def test_streams_are_told_that_the_server_stops(run_server, image) -> None:
    with (
        run_server() as server,
        connect(f"ws://127.0.0.1:{server.port}/v1/stream", proxy=None) as stream,
        pytest.raises(ConnectionClosed) as closed,
    ):
        stream.send(image())
        assert isinstance(stream.recv(timeout=20), bytes)
        server.stop()
        stream.recv(timeout=20)
    assert closed.value.rcvd is not None and closed.value.rcvd.code in (1001, 1012)


def is_closed(server) -> bool:
    """Whether nobody listens any more."""
    try:
        with httpx.Client(trust_env=False) as client:
            client.get(f"{server.url}/healthz", timeout=0.5)
    except httpx.TransportError:
        return True
    return False
