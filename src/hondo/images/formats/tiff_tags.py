"""The tags of the first image of a TIFF that hondo needs itself: orientation, strips, and whether more images follow.

TIFF 6.0, section 2; BigTIFF has the same layout with 8-byte numbers.
"""

import io
import struct
from dataclasses import dataclass

from hondo.core.errors import HondoError

BinaryFile = io.BufferedReader | io.BytesIO  # an open binary file, on disk or in memory
STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION, _STRIPS, _TILES, _BITS = 0x0112, 0x0111, 0x0144, 0x0102
_MAX_TAGS = 1000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, kw_only=True)
class TiffTags:
    """``parts``: strips or tiles; ``channels``: how many bit depths are stated; ``value_bytes``: of all tags."""

    orientation: int  # EXIF 1..8
    orientation_at: int | None  # where its two bytes stand in the file
    parts: int
    channels: int
    value_bytes: int
    has_more: bool  # images behind the first
    order: str  # of bytes: < or >


def read_tags(file: BinaryFile, *, name: str) -> TiffTags:
    """The tags; a file that is cut off inside them is refused."""
    try:
        return _read(file)
    except (struct.error, OSError, OverflowError) as error:
        raise HondoError(f"{name} is a damaged TIFF: {error}; export it again") from error


def _read(file: BinaryFile) -> TiffTags:
    file.seek(0)
    start = file.read(4)
    order, is_big = "<" if start.startswith(b"II") else ">", b"+" in start
    number, count_code, entry = ("Q", "Q", "HHQ8s") if is_big else ("I", "H", "HHI4s")
    if is_big:
        file.seek(8)
    file.seek(_one(file, order + number))
    count = _one(file, order + count_code)
    if count > _MAX_TAGS:
        raise struct.error(f"{count} tags")
    orientation, place, parts, channels, value_bytes = 1, None, 0, 1, 0
    for _ in range(count):
        at = file.tell()
        tag, kind, length, value = struct.unpack(order + entry, file.read(struct.calcsize(order + entry)))
        value_bytes += length * _SIZES.get(kind, 1)
        if tag == _ORIENTATION and kind == 3:
            place, stated = at + (12 if is_big else 8), struct.unpack_from(order + "H", value)[0]
            orientation = stated if stated in range(1, 9) else 1
        elif tag in (_STRIPS, _TILES):
            parts = max(parts, length)
        elif tag == _BITS:
            channels = length
    following = file.read(struct.calcsize(order + number))
    return TiffTags(
        orientation=orientation, orientation_at=place, parts=parts, channels=channels, value_bytes=value_bytes,
        has_more=any(following), order=order,
    )  # fmt: skip


def without_orientation(file: BinaryFile, tags: TiffTags) -> BinaryFile:
    """The file, or a copy that says 1: some decoders turn the pixels, and hondo turns them in one place."""
    if tags.orientation_at is None:
        return file
    file.seek(0)
    content = bytearray(file.read())
    struct.pack_into(f"{tags.order}H", content, tags.orientation_at, 1)
    return io.BytesIO(bytes(content))


def _one(file: BinaryFile, form: str) -> int:
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]
