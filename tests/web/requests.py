"""Requests of the tests: checks of refusals, and bodies as raw bytes."""

import socket

from hondo.web.http.refusal import REASONS


def assert_refused(response, status: int, said: str) -> None:
    assert response.status_code == status and status in REASONS, response.text
    error = response.json()["error"]
    assert said in error and "\n" not in error
    assert response.headers["content-type"] == "application/json"


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data
