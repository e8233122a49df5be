"""WebSocket connections of the tests, and the headers of frames."""

import json
import struct

from websockets.sync.client import ClientConnection, connect


def stream(server, path: str = "/v1/stream", **options) -> ClientConnection:
    options = {"max_size": None, "proxy": None, "open_timeout": 20, "compression": None} | options
    return connect(f"ws://127.0.0.1:{server.port}{path}", **options)


def header_of(message: str | bytes) -> dict:
    assert isinstance(message, bytes), message
    (length,) = struct.unpack("<I", message[4:8])
    return json.loads(message[8 : 8 + length])
