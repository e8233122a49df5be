"""A client of `hondo serve` that requires only httpx and NumPy: this file may be copied into other projects.

with Client("http://127.0.0.1:8000") as client:
    depth = client.depth("photo.jpg")
    print(depth.values.shape, depth.kind, depth.unit)
"""

import io
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

TIMEOUT_S = 60.0


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
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)

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
    certainty = np.frombuffer(rest[: header["confidence_bytes"]], dtype=np.uint8)
    confidence = certainty.reshape(size_hw) / np.float32(255) if certainty.size else None
    return Depth(
        values=values.astype(np.float32), kind=header["kind"], unit=header["unit"], facts=header, confidence=confidence
    )
