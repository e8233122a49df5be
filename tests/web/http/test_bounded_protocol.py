"""Slow and malformed request heads over real sockets."""

import time

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
