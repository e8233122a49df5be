"""16-bit grey PNG in memory: on depth twice as fast as a general encoder, and smaller (PNG, third edition)."""

import struct
import zlib
from typing import Literal

import numpy as np
from jaxtyping import UInt8, UInt16

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Compression = Literal["small", "fast", "none"]
# zlib: level, strategy. Higher levels take several times as long for a few per cent; "fast" makes a third more bytes
# in two thirds of the time of "small".
_EFFORT: dict[Compression, tuple[int, int]] = {
    "small": (1, zlib.Z_DEFAULT_STRATEGY),
    "fast": (1, zlib.Z_HUFFMAN_ONLY),
    "none": (0, zlib.Z_DEFAULT_STRATEGY),
}
_UP = 2  # filter type: each byte less the one above it, which suits smooth maps


def encode_png16(
    pixels: UInt16[np.ndarray, "h w"], *, text: tuple[str, str], compression: Compression = "small"
) -> bytes:
    """The file's bytes, with a keyword and its text inside."""
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)  # 16 bits, grey, not interlaced
    level, strategy = _EFFORT[compression]
    deflate = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    data = deflate.compress(_filtered(pixels).data) + deflate.flush()
    note = text[0].encode("latin-1") + b"\0" + text[1].encode("latin-1")
    chunks = ((b"IHDR", header), (b"tEXt", note), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _filtered(pixels: UInt16[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h _"]:
    """The rows as they are compressed: a byte that names the filter, then big-endian values less the row above."""
    stored = np.ascontiguousarray(pixels, dtype=">u2").view(np.uint8)  # h 2w
    rows = np.empty((stored.shape[0], 1 + stored.shape[1]), dtype=np.uint8)
    rows[:, 0] = _UP
    rows[:1, 1:] = stored[:1]
    np.subtract(stored[1:], stored[:-1], out=rows[1:, 1:])
    return rows


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
