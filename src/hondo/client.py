"""A client of `hondo serve` that requires only httpx and NumPy: this file may be copied into other projects.

with Client("http://127.0.0.1:8000") as client:
    depth = client.depth("photo.jpg")
    print(depth.values.shape, depth.kind, depth.unit)
    for depth in client.stream(["1.jpg", "2.jpg"]):  # one connection for many images, e.g. of a video
        print(depth.facts["number"], depth.facts["latency_ms"])
"""

import base64
import io
import json
import os
import socket
import ssl
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import numpy as np

TIMEOUT_S = 60.0
MAX_SIDE = 384  # longer side in pixels of the depth of streams
AHEAD = 3  # images of a stream that are sent before the depth of the first is read


class ServerError(Exception):
    """The server refused a request: status, reason, and the seconds after which to retry (None: not stated)."""

    def __init__(self, status: int, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status}: {reason}")
        self.status, self.reason, self.retry_after_s = status, reason, retry_after_s


@dataclass(frozen=True, kw_only=True)
class Depth:
    """A depth map: values in ``unit`` ("m", "1/m" or "": no unit), NaN where unknown; all metadata in ``facts``."""

    values: np.ndarray  # (h w) float32
    kind: str
    unit: str
    facts: Mapping[str, Any]
    confidence: np.ndarray | None = None  # (h w) 0..1
    jpeg: bytes | None = None  # the image, in frames of ``Client.live``

    def metres(self) -> np.ndarray:
        """Depth in metres (h w); ValueError if the scale is unknown."""
        if self.kind == "metric_depth":
            return self.values
        if self.kind == "metric_inverse_depth":
            with np.errstate(divide="ignore"):
                return np.where(self.values > 0, 1 / self.values, np.nan).astype(np.float32)
        raise ValueError(f"the depth is {self.kind}: its scale is unknown, so it has no metres")


class Client:
    """A connection to one server. Images are paths, bytes of image files, or uint8 RGB arrays (h w 3)."""

    def __init__(self, url: str = "http://127.0.0.1:8000", *, token: str | None = None, timeout_s: float = TIMEOUT_S):
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._url, self._timeout_s = url, timeout_s
        self._http = httpx.Client(base_url=url, headers=self._headers, timeout=timeout_s)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def depth(self, image: str | Path | bytes | np.ndarray, *, model: str | None = None) -> Depth:
        """The depth map of the image, at its size."""
        response = self._post("/v1/depth", image, {"format": "npz", "model": model})
        with np.load(io.BytesIO(response.content), allow_pickle=False) as arrays:
            facts = json.loads(str(arrays["facts"]))
            confidence = arrays.get("confidence", None)
            values = arrays["values"]
        return Depth(values=values, kind=facts["kind"], unit=facts["unit"], facts=facts, confidence=confidence)

    def depth_png(self, image: str | Path | bytes | np.ndarray, *, model: str | None = None) -> bytes:
        """The depth map as a 16-bit PNG file, which contains its scale."""
        return self._post("/v1/depth", image, {"format": "png16", "model": model}).content

    def point_cloud(
        self,
        image: str | Path | bytes | np.ndarray,
        *,
        camera: tuple[float, float, float, float] | None = None,
        model: str | None = None,
        max_points: int = 1_000_000,
    ) -> bytes:
        """A binary PLY file. ``camera``: fx, fy, cx, cy in pixels of the image; None: a field of view of 60 degrees."""
        given = None if camera is None else ",".join(str(float(number)) for number in camera)
        return self._post("/v1/pointcloud", image, {"camera": given, "model": model, "max_points": max_points}).content

    def stream(
        self,
        images: Iterable[str | Path | bytes | np.ndarray],
        *,
        model: str | None = None,
        side: int = MAX_SIDE,
        deflate: bool = False,
    ) -> Iterator[Depth]:
        """The depth of each image, in order, over one WebSocket; ``side``: longer side of the depth in pixels.

        The next images are sent while the server works, so that it does not wait for the network; they are taken from
        ``images`` only then. ``deflate`` compresses the depth, for slow networks. Raises ServerError for an image that
        is refused, which ends the stream.
        """
        options = {"side": side, "deflate": deflate, "every": True} | ({} if model is None else {"model": model})
        left, ahead = iter(images), 0
        with self._connect("/v1/stream", options) as connection:
            while True:
                while ahead < AHEAD and (image := next(left, None)) is not None:
                    connection.send(picture_bytes(image))
                    ahead += 1
                if not ahead:
                    return
                yield _read_answer(connection.receive())
                ahead -= 1

    def live(self, *, deflate: bool = False) -> Iterator[Depth]:
        """The newest frames of the server's camera (`hondo live`), with their images, until its source ends."""
        shown = 0
        with self._connect("/v1/live", {"deflate": deflate, "ahead": 2}) as connection:
            while True:
                message = connection.receive()
                if isinstance(message, bytes):
                    shown += 1
                    yield read_frame(message)
                    connection.send(json.dumps({"shown": shown}))
                    continue
                state = json.loads(message)
                if "error" in state:
                    raise ServerError(state["status"], state["error"])
                if state["stats"]["state"] in ("ended", "failed", "stopped"):
                    return

    def models(self) -> list[dict[str, Any]]:
        """The models of the server, the default first."""
        return self._checked(self._http.get("/v1/models")).json()["models"]

    def is_ready(self) -> bool:
        """Whether the server accepts images."""
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def _post(self, path: str, image: str | Path | bytes | np.ndarray, params: dict[str, Any]) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        return self._checked(self._http.post(path, params=given, content=picture_bytes(image)))

    def _connect(self, path: str, options: Mapping[str, str | int | bool]) -> "_WebSocket":
        texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()}
        return _WebSocket(
            f"{self._url.rstrip('/')}{path}?{urlencode(texts)}", headers=self._headers, timeout_s=self._timeout_s
        )

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        try:
            reason = str(response.json()["error"])
        except (ValueError, KeyError, TypeError):
            reason = response.reason_phrase
        wait = response.headers.get("Retry-After", "")
        raise ServerError(response.status_code, reason, retry_after_s=float(wait) if wait.isdigit() else None)


def picture_bytes(image: str | Path | bytes | np.ndarray) -> bytes:
    """The bytes that are sent for an image; an array becomes an uncompressed PPM file."""
    if isinstance(image, bytes):
        return image
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"an image must be uint8 RGB of shape (h w 3), got {image.dtype} {image.shape}")
        height, width = image.shape[:2]
        return b"P6 %d %d 255\n" % (width, height) + np.ascontiguousarray(image).tobytes()
    return Path(image).read_bytes()


def read_frame(message: bytes) -> Depth:
    """Decodes a binary message of the WebSockets /v1/stream and /v1/live; ``facts`` is its header."""
    if message[:4] != b"HND1":
        raise ValueError("the message is not a frame of hondo")
    (length,) = struct.unpack("<I", message[4:8])
    header, rest = json.loads(message[8 : 8 + length]), message[8 + length :]
    depth, rest = rest[: header["depth_bytes"]], rest[header["depth_bytes"] :]
    size_hw = (header["depth_height"], header["depth_width"])
    data = zlib.decompress(depth) if header["encoding"] == "deflate" else depth
    stored = np.frombuffer(data, dtype="<u2").reshape(size_hw)
    values = np.where(stored > 0, header["low"] + (stored - np.float32(1)) * np.float32(header["step"]), np.nan)
    certainty, rest = np.frombuffer(rest[: header["confidence_bytes"]], np.uint8), rest[header["confidence_bytes"] :]
    confidence = certainty.reshape(size_hw) / np.float32(255) if certainty.size else None
    return Depth(
        values=values.astype(np.float32), kind=header["kind"], unit=header["unit"], facts=header, confidence=confidence,
        jpeg=rest[: header["picture_bytes"]] or None,
    )  # fmt: skip


def _read_answer(message: bytes | str) -> Depth:
    if isinstance(message, bytes):
        return read_frame(message)
    refused = json.loads(message)
    where = f"image {refused['number']} of the stream: " if "number" in refused else ""
    raise ServerError(refused["status"], where + refused["error"])


_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10  # opcodes of RFC 6455


class _WebSocket:
    """A WebSocket connection (RFC 6455) without extensions; ServerError where the server refuses it."""

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float) -> None:
        parts = urlsplit(url)
        is_secure = parts.scheme in ("https", "wss")
        host, port = parts.hostname or "", parts.port or (443 if is_secure else 80)
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        if is_secure:
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        self._file = self._socket.makefile("rb")
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            self._check_handshake()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "_WebSocket":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, message: bytes | str) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        self._send(_BINARY if isinstance(message, bytes) else _TEXT, data)

    def receive(self) -> bytes | str:
        """The next message."""
        kind, parts = 0, []
        while True:
            is_last, opcode, data = self._receive()
            if opcode == _PING:
                self._send(_PONG, data)
            elif opcode == _CLOSE:
                raise ServerError(503, data[2:].decode(errors="replace") or "the server closed the stream")
            elif opcode != _PONG:
                kind, parts = opcode or kind, [*parts, data]
                if is_last:
                    return b"".join(parts) if kind == _BINARY else b"".join(parts).decode()

    def _send(self, opcode: int, data: bytes) -> None:
        """One frame; clients mask theirs."""
        size, mask = len(data), os.urandom(4)
        head = bytes([0x80 | opcode]) + (
            bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size) if size < 65536
            else struct.pack(">BQ", 0xFF, size)
        )  # fmt: skip
        masked = np.frombuffer(data, np.uint8) ^ np.resize(np.frombuffer(mask, np.uint8), size)
        self._socket.sendall(head + mask + masked.tobytes())

    def _receive(self) -> tuple[bool, int, bytes]:
        first, second = self._read(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._read(2 if size == 126 else 8), "big")
        return bool(first & 0x80), first & 0x0F, self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise ServerError(503, "the server closed the stream")
        return data

    def _check_handshake(self) -> None:
        status = int((self._file.readline().split() or [b"", b"503"])[1])
        length = 0
        while line := self._file.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if status != 101:
            try:
                reason = str(json.loads(self._file.read(length))["error"])
            except (ValueError, KeyError, TypeError):
                reason = "the server refused the stream"
            raise ServerError(status, reason)
