"""Portable float maps: plain 32-bit floats, rows from the bottom up (Debevec's PFM). Values are taken as they stand."""

import re

import numpy as np
from jaxtyping import Float, Float32

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.images.file_header import BinaryFile

# Type, width, height and scale apart by any white space; the one byte after the scale ends the header.
_HEADER = re.compile(rb"(P[Ff])\s+(\d+)\s+(\d+)\s+([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[ \t\r]*\n")


def pfm_header(file: BinaryFile, *, name: str) -> tuple[Size, int, str, int]:
    """Size (h, w), channels, NumPy type and the byte where the values start."""
    file.seek(0)
    found = _HEADER.match(file.read(256))
    if found is None:
        raise HondoError(f"{name} is a damaged PFM: its header is not 'Pf width height scale'; export it again")
    width, height, scale = int(found[2]), int(found[3]), float(found[4])
    # Only the sign of the scale has a meaning all writers share: negative is little-endian.
    return (height, width), 3 if found[1] == b"PF" else 1, "<f4" if scale < 0 else ">f4", found.end()


def read_pfm(file: BinaryFile, *, name: str) -> Float32[np.ndarray, "h w *c"]:
    """The values, float32 (h w) or (h w 3), first row on top."""
    (height, width), channels, kind, start = pfm_header(file, name=name)
    file.seek(start)
    data = file.read(height * width * channels * 4)
    if len(data) < height * width * channels * 4:
        missing = height * width * channels * 4 - len(data)
        raise HondoError(f"{name} is truncated: {missing} bytes of {width}x{height} floats are missing")
    values = np.frombuffer(data, dtype=kind).reshape(height, width, channels)[::-1]
    values = values.astype(np.float32)  # copies: native order, writable
    return values[..., 0] if channels == 1 else values


def write_pfm(path, values: Float[np.ndarray, "h w"]) -> None:
    """Writes float32 (h w) values, little-endian."""
    height, width = values.shape
    atomic_write(path, b"Pf\n%d %d\n-1.0\n" % (width, height) + values[::-1].astype("<f4").tobytes())
