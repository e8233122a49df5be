"""The binary message with the depth of one frame; docs/serve.md describes it.

4 bytes     "HND1"
4 bytes     length of the header, little-endian
header      JSON, padded with spaces so that the depth is aligned to 4 bytes
depth       uint16 little-endian, row by row; 0 = unknown, else value = low + (stored - 1) x step
confidence  uint8, the same size, 255 = certain; only if the header's confidence_bytes is not 0
image       JPEG; only if picture_bytes is not 0
"""

import json
import struct
import time
import zlib
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8, UInt16

from hondo.core.types import DepthMap, Size

MAGIC = b"HND1"
MAX_SIDE = 384  # longer side of the depth in pixels, unless a client asks for more
IMAGE_SIDE = 960  # the same of the image
_STEPS = 65534  # between the smallest and the largest stored value
_JPEG_QUALITY = 80


@dataclass(frozen=True, kw_only=True)
class FrameHeader:
    """The JSON header of a message. ``near_far`` are the ends of the palette, in the unit of the map."""

    number: int
    model: str
    kind: str
    unit: str
    width: int  # of the image
    height: int
    depth_width: int
    depth_height: int
    low: float
    step: float
    near_far: tuple[float, float]
    camera: tuple[float, float, float, float] | None  # fx, fy, cx, cy in pixels of the depth; None: not known
    latency_ms: float  # from the capture (or arrival) of the frame to this message
    clock_s: float  # the server's monotonic clock at that time, for measurements on the same machine
    dropped: int
    encoding: str  # of the depth: "raw", or "deflate" (zlib)
    depth_bytes: int
    confidence_bytes: int
    picture_bytes: int
    stats: dict[str, object] | None = None  # StreamStats of the server camera


@dataclass(frozen=True, kw_only=True)
class FrameFacts:
    """What the sender of a frame knows besides its depth map."""

    number: int
    model: str
    image_hw: Size
    near_far: tuple[float, float]
    since: float  # time.monotonic of its capture or arrival
    dropped: int
    stats: dict[str, object] | None = None


def encode_frame(
    depth_map: DepthMap,
    facts: FrameFacts,
    *,
    image: UInt8[np.ndarray, "h w 3"] | None,
    deflate: bool = False,
    max_side: int | None = None,
) -> bytes:
    """The message of a depth map, which is first averaged to ``max_side`` pixels if it is larger."""
    if max_side is not None:
        depth_map = average(depth_map, fit_size(depth_map.size_hw, max_side=max_side))
    stored, low, step = quantize_depth(depth_map.values)
    depth = zlib.compress(stored.tobytes(), 1) if deflate else stored.tobytes()
    confidence = b""
    if depth_map.confidence is not None:
        confidence = np.rint(np.clip(depth_map.confidence, 0, 1) * 255).astype(np.uint8).tobytes()
    jpeg = b"" if image is None else _encode_jpeg(image)
    camera, now = depth_map.camera, time.monotonic()
    header = FrameHeader(
        number=facts.number, model=facts.model, kind=str(depth_map.kind), unit=depth_map.kind.unit,
        width=facts.image_hw[1], height=facts.image_hw[0],
        depth_width=stored.shape[1], depth_height=stored.shape[0], low=low, step=step, near_far=facts.near_far,
        camera=None if camera is None else (camera.fx, camera.fy, camera.cx, camera.cy),
        latency_ms=round(1000 * (now - facts.since), 2), clock_s=now, dropped=facts.dropped,
        encoding="deflate" if deflate else "raw",
        depth_bytes=len(depth), confidence_bytes=len(confidence), picture_bytes=len(jpeg), stats=facts.stats,
    )  # fmt: skip
    text = json.dumps(asdict(header), default=str).encode()
    text += b" " * (-len(text) % 4)
    return b"".join((MAGIC, struct.pack("<I", len(text)), text, depth, confidence, jpeg))


def average(depth_map: DepthMap, size_hw: Size) -> DepthMap:
    """Area averages at a smaller size, without the image. A pixel is unknown if one of its source pixels is."""
    if size_hw == depth_map.size_hw:
        return depth_map
    height, width = size_hw
    values, confidence = (
        None if array is None else cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
        for array in (depth_map.values, depth_map.confidence)
    )
    camera = None if depth_map.camera is None else depth_map.camera.resized(size_hw)
    return replace(depth_map, values=values, camera=camera, confidence=confidence, image_rgb=None)


def quantize_depth(values: Float32[np.ndarray, "h w"]) -> tuple[UInt16[np.ndarray, "h w"], float, float]:
    """(stored, low, step): value = low + (stored - 1) x step; stored is 0 where the value is not finite."""
    is_known: Bool[np.ndarray, "h w"] = np.isfinite(values)
    if not is_known.any():
        return np.zeros(values.shape, dtype=np.uint16), 0.0, 1.0
    known = values if is_known.all() else values[is_known]
    low, high = float(known.min()), float(known.max())
    step = (high - low) / _STEPS or 1.0
    with np.errstate(invalid="ignore"):
        stored = np.rint((values - np.float32(low)) * np.float32(1 / step)) + 1
    stored = np.where(is_known, stored, 0) if known is not values else stored
    return np.clip(stored, 0, _STEPS + 1).astype("<u2"), low, step


def fit_size(size_hw: Size, *, max_side: int) -> Size:
    """The size with the same aspect whose longer side is at most ``max_side``."""
    scale = min(1.0, max_side / max(size_hw))
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def _encode_jpeg(rgb: UInt8[np.ndarray, "h w 3"]) -> bytes:
    height, width = fit_size((rgb.shape[0], rgb.shape[1]), max_side=IMAGE_SIDE)
    if height < rgb.shape[0]:
        rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
