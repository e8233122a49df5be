"""Writes plain TIFF files for tests, tag by tag (TIFF 6.0): every type of number, every orientation."""

import struct
import zlib

import numpy as np

KINDS = {"u": 1, "f": 3}  # sample format


def tiff(pixels: np.ndarray, *, orientation: int = 1, compressed: bool = False, strips: int = 1) -> bytes:
    """A TIFF of pixels (h w) or (h w c) that states an orientation; ``strips``: how many it claims to have."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    bits, data = pixels.dtype.itemsize * 8, pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    data = zlib.compress(data) if compressed else data
    tags = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * channels), 259: (3, [8 if compressed else 1]),
        262: (3, [2 if channels > 2 else 1]), 273: (4, [0] * strips), 274: (3, [orientation]), 277: (3, [channels]),
        278: (4, [height]), 279: (4, [len(data)] * strips), 339: (3, [KINDS[pixels.dtype.kind]] * channels),
    }  # fmt: skip
    if channels in (2, 4):
        tags[338] = (3, [2])
    forms = {3: "H", 4: "I"}
    place = 8 + 2 + 12 * len(tags) + 4
    outside = sum(
        len(values) * struct.calcsize(forms[kind]) for kind, values in tags.values() if _is_long(kind, values)
    )
    tags[273] = (4, [place + outside] * strips)
    entries, extra = b"", b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}{forms[kind]}", *values)
        value = packed.ljust(4, b"\0")
        if _is_long(kind, values):
            value = struct.pack("<I", place + len(extra))
            extra += packed
        entries += struct.pack("<HHI", tag, kind, len(values)) + value
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + extra + data


def _is_long(kind: int, values: list[int]) -> bool:
    return len(values) * (2 if kind == 3 else 4) > 4
