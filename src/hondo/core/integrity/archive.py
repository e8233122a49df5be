"""Zip archives whose directory and members are bounded before anything is unpacked."""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, reason_of

_MAX_DIRECTORY = 4 * 2**20  # bytes: some 40,000 members, which zipfile reads in Python
_END, _END64, _LOCATOR = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_UNKNOWN = 0xFFFFFFFF  # a size that stands in the longer end record
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, struct.error, OSError, ValueError, EOFError)


@contextmanager
def open_archive(source: Path | Any, *, name: str) -> Iterator[zipfile.ZipFile]:
    """An archive, by its path or as an open file; one whose directory is damaged or very large is refused."""
    try:
        with source.open("rb") if isinstance(source, Path) else _kept_open(source) as file:
            if _directory_bytes(file) > _MAX_DIRECTORY:
                raise HondoError(f"{name} is a ZIP archive of very many members; pack it again with what is needed")
            with zipfile.ZipFile(file) as archive:
                yield archive
    except HondoError:
        raise
    except (*DAMAGED, RuntimeError) as error:  # RuntimeError: encrypted
        raise HondoError(f"{name} is truncated or a damaged ZIP archive ({reason_of(error)}); copy it again") from error


def unpacked_bytes(archive: zipfile.ZipFile) -> int:
    """The size of all members together, as the directory states it; no member gives more."""
    return sum(member.file_size for member in archive.infolist())


def read_member(archive: zipfile.ZipFile, name: str, *, max_bytes: int) -> bytes:
    """A member's content; one above the limit is refused before it is unpacked."""
    size = archive.getinfo(name).file_size
    if size > max_bytes:
        raise HondoError(f"{name} in the archive has {size} bytes; at most {max_bytes} are expected there")
    return archive.read(name)


@contextmanager
def _kept_open(file: Any) -> Iterator[Any]:
    yield file


def _directory_bytes(file: Any) -> int:
    """The length of the central directory by the end record, which a comment may follow."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - 2**16 - 22))
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or place + 22 > len(tail):
        raise zipfile.BadZipFile("it has no end record")
    (size,) = struct.unpack_from("<I", tail, place + 12)
    if size == _UNKNOWN and tail[place - 20 : place - 16] == _LOCATOR:
        file.seek(struct.unpack_from("<Q", tail, place - 12)[0])
        record = file.read(56)
        if record.startswith(_END64):
            (size,) = struct.unpack_from("<Q", record, 40)
    file.seek(0)
    return size
