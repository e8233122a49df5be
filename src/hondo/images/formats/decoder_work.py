"""What a file may ask of its decoder: work that grows with its bytes and pixels, not with what its header states.

Each bound is far above what cameras and programs write; files beyond one are refused before they are decoded.
"""

import os
import re
from collections.abc import Callable

from hondo.core.errors import HondoError
from hondo.images.formats.tiff_tags import STARTS, BinaryFile, read_tags

MAX_SCANS = 100  # of a JPEG; progressive ones have about 10
MAX_SCANNED_MEGAPIXELS = 1500.0  # scans x pixels: each scan passes over the whole image
_MAX_PARTS = 2**16  # strips or tiles of a TIFF: Pillow handles each in Python
_PNG_CHUNKS, _PNG_CHUNK_BYTES = 10_000, 256  # so many chunks, and more where they hold that much on average
_MAX_RLE_BYTES = 4_000_000  # of a run-length coded BMP: Pillow decodes it in Python
_PNM_HEADER_BYTES = 4096
_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_PNM_HEADER = re.compile(rb"(P[14]%(gap)s\d+%(gap)s\d+\s)|(P\w+%(gap)s\d+%(gap)s\d+%(gap)s[-+.\d]+\s)" % {b"gap": _GAP})
_MAX_PLAIN_BYTES = 8_000_000  # of a PNM with numbers as text: Pillow reads them in Python
_SCAN = b"\xff\xda"


def check_work(file: BinaryFile, *, name: str) -> None:
    """Refuses a file whose decoding would take long for its size; leaves the file at its start."""
    file.seek(0)
    start = file.read(32)
    for mark, check in _CHECKS:
        if start.startswith(mark):
            check(file, start, name)
            break
    file.seek(0)


def check_scans(file: BinaryFile, *, megapixels: float, name: str) -> None:
    """Refuses a JPEG of too many scans for its size; leaves the file at its start."""
    file.seek(0)
    scans = file.read().count(_SCAN)
    file.seek(0)
    if scans > MAX_SCANS or scans * megapixels > MAX_SCANNED_MEGAPIXELS:
        raise HondoError(f"{name} is a JPEG of {scans} scans, more than any camera writes; export it again")


def _check_tiff(file: BinaryFile, start: bytes, name: str) -> None:
    tags = read_tags(file, name=name)
    if tags.parts > _MAX_PARTS:
        raise HondoError(f"{name} is a TIFF of {tags.parts} strips or tiles; export it with larger ones")
    if tags.value_bytes > _length(file):
        raise HondoError(f"{name} is a damaged TIFF: its tags are larger than the file; export it again")


def _check_png(file: BinaryFile, start: bytes, name: str) -> None:
    allowed, at, end = _PNG_CHUNKS + _length(file) // _PNG_CHUNK_BYTES, 8, _length(file)
    while at < end:
        file.seek(at)
        at += 12 + int.from_bytes(file.read(4), "big")
        allowed -= 1
        if not allowed:
            raise HondoError(f"{name} is a PNG of very many chunks; export it again")


def _check_pnm(file: BinaryFile, start: bytes, name: str) -> None:
    file.seek(0)
    if not _PNM_HEADER.match(file.read(_PNM_HEADER_BYTES)):
        raise HondoError(f"{name} is a damaged PNM: its header does not end; export it again")
    if start[1:2] in b"123" and _length(file) > _MAX_PLAIN_BYTES:
        raise HondoError(f"{name} is a large PNM with its numbers as text; export it as binary PNM or PNG")


def _check_bmp(file: BinaryFile, start: bytes, name: str) -> None:
    if start[30:31] in (b"\1", b"\2") and _length(file) > _MAX_RLE_BYTES:
        raise HondoError(f"{name} is a large run-length coded BMP; export it as PNG")


def _length(file: BinaryFile) -> int:
    return file.seek(0, os.SEEK_END)


_CHECKS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[BinaryFile, bytes, str], None]], ...] = (
    (STARTS, _check_tiff),
    (b"\x89PNG\r\n\x1a\n", _check_png),
    (tuple(b"P" + bytes([kind]) for kind in b"0123456fFy"), _check_pnm),
    (b"BM", _check_bmp),
)
