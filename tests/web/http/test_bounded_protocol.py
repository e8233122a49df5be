"""Slow and malformed request heads over real sockets."""

import logging
import socket
import time
from contextlib import suppress

import pytest

from hondo.web.security.limits import Limits
from tests.web.requests import read_all


def test_a_slow_head_is_ended(serving) -> None:
    started = serving(limits=Limits(head_seconds=0.4))
    with started.connect() as silent, started.connect() as slow, started.connect() as second:
        slow.sendall(b"GET /healthz HT")
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in second.recv(15)
        second.sendall(b"GET /he")
        start = time.monotonic()
        assert read_all(silent) == b""
        for partial in (slow, second):
            answer = read_all(partial)  # for the second, behind what was left of the first answer
            assert b"HTTP/1.1 408 " in answer and b"within 0.4 s" in answer
        assert time.monotonic() - start < 15


def test_nonsense_instead_of_http(server) -> None:
    with server.connect() as odd:
        odd.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50 + b"\r\n\r\n")
        assert b"400" in read_all(odd)


def mistakes(server, kind: str) -> float:
    return server.service.metrics.registry.get_sample_value("hondo_client_mistakes_total", {"kind": kind}) or 0.0


def handshake(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", *headers, "", ""]
    return "\r\n".join(lines).encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """A short masked frame, with the mask zero (RFC 6455, section 5.2)."""
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def shake_hands(client: socket.socket) -> None:
    client.sendall(handshake("/v1/stream"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert b" 101 " in head


def test_a_client_that_takes_nothing_is_cut_off_and_its_answer_freed(serving, image, until) -> None:
    started = serving(limits=Limits(send_seconds=0.5, answer_bytes=15_000_000))
    body = image((1500, 2000))  # an answer of 12 MB
    with started.connect() as lazy, started.client() as client:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"POST /v1/depth?format=npz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        lazy.sendall(head.encode() + body)
        until(lambda: started.service.answers.held > 0)
        until(lambda: started.service.answers.held == 0)
        started.service.answers.take(10_000_000)  # as another client's answer
        assert client.post("/v1/depth?format=npz", content=body).status_code == 429
        started.service.answers.give_back(10_000_000)
        assert client.post("/v1/depth?format=npz", content=body).status_code == 200
    assert mistakes(started, "not reading") == 1 and started.service.answers.held == 0


def test_a_slow_client_gets_its_whole_answer(serving, image) -> None:
    started = serving(limits=Limits(send_seconds=0.5))
    with started.client() as client, client.stream("POST", "/v1/depth?format=npz", content=image((600, 800))) as answer:
        received = 0
        for piece in answer.iter_raw(200_000):
            received += len(piece)
            time.sleep(0.05)
    assert received == int(answer.headers["content-length"])


@pytest.mark.parametrize("path", ["/v1/stream?side=%C2%B2", "/v1/stream?side=7", "/v1/live", "/nothing"])
def test_refused_handshakes_are_counted_and_not_logged(server, caplog, path: str) -> None:
    before = mistakes(server, "handshake")
    with caplog.at_level(logging.WARNING), server.connect() as client:
        client.sendall(handshake(path))
        assert read_all(client).split()[1] in (b"400", b"403", b"404")
    assert not caplog.records
    assert path == "/nothing" or mistakes(server, "handshake") == before + 1


def test_text_that_is_not_utf8_is_counted_and_not_logged(server, caplog) -> None:
    before = mistakes(server, "text")
    with caplog.at_level(logging.WARNING), server.connect() as client:
        shake_hands(client)
        client.sendall(frame(1, b"\xff\xfe"))
        assert b"\x03\xef" in read_all(client), "closed with 1007"
    assert mistakes(server, "text") == before + 1 and not caplog.records


@pytest.mark.parametrize("text", [b"[" * 120, b"null", b'{"side":' + b"1" * 100 + b"}", b"{"])
def test_messages_that_are_no_options_are_refused_and_the_stream_goes_on(server, caplog, text: bytes) -> None:
    with caplog.at_level(logging.WARNING), server.connect() as client:
        shake_hands(client)
        client.sendall(frame(1, text))
        answer = client.recv(4096)
        client.sendall(frame(1, b"{}") + frame(8, b"\x03\xe8"))
        assert read_all(client).endswith(b"\x88\x02\x03\xe8"), "closed as the client asked"
    assert b'"status": 400' in answer and not caplog.records


def test_frames_behind_the_last_are_counted_and_not_logged(server, caplog) -> None:
    with caplog.at_level(logging.WARNING), server.connect() as client:
        shake_hands(client)
        client.sendall(frame(3, b"") + frame(9, b"x") + frame(1, b"{}") + frame(9, b"x"))  # 3 is no opcode
        with suppress(ConnectionResetError):
            read_all(client)
    assert not caplog.records


def test_bytes_behind_a_closing_request_are_no_fault_of_the_service(server, caplog) -> None:
    with caplog.at_level(logging.WARNING), server.connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + b"x" * 200_000)
        with suppress(ConnectionResetError):  # of what was not read
            assert b"200" in read_all(client)
    assert not caplog.records
