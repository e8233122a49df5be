"""The seal of a file: the SHA-256 of all its bytes, stored inside it in a place that counts as ``FREE`` when hashed.

It finds damage (bad disks, cut copies, mixed-up files), not forgery: whoever changes a file can seal it again.
"""

import hashlib
import mmap
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.errors import HondoError

FREE = "5ea1" * 16  # what stands in the place of the hash until it is known
_LARGE = 2**26  # bytes from which on a file that was found whole is not hashed again until it changes
_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNK = 2**22


def sealed(content: bytes, *, second_file: Path | None = None) -> bytes:
    """The content with its hash in place of the one ``FREE`` in it; ``second_file``: another that the hash covers."""
    place = content.index(FREE.encode())
    found = _digest(content, place, second_file)
    return content[:place] + found.encode() + content[place + len(FREE) :]


def is_whole(content: Any, stated: object, *, second_file: Path | None = None) -> bool:
    """Whether content (bytes or a memory map) with the hash ``stated`` inside is as it was sealed."""
    if not isinstance(stated, str) or not _HASH.fullmatch(stated):
        return False
    place = content.find(stated.encode())
    return place >= 0 and _digest(content, place, second_file) == stated


def check_whole(path: Path, stated: object, *, second_file: Path | None = None) -> None:
    """Refuses a file that is not as it was sealed. A large one is hashed once, until its size or time changes."""

    def is_as_sealed() -> bool:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return is_whole(content, stated, second_file=second_file)

    if not _once([path] if second_file is None else [path, second_file], stated, is_as_sealed):
        raise HondoError(
            f"{path} is damaged: its SHA-256 is not the one stored in it when it was written; copy it again"
        )


def has_sha256(path: Path, stated: str) -> bool:
    """Whether a file of others has this SHA-256; a large one is hashed once, as in ``check_whole``."""

    def is_as_stated() -> bool:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == stated

    return _once([path], stated, is_as_stated)


def _once(files: list[Path], stated: object, check: Callable[[], bool]) -> bool:
    """The result of a check that large files which held it need not pass again, until their size or time changes."""
    facts = [[str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    if sum(size for _, size, _ in facts) < _LARGE:
        return check()
    known = cache_folder("whole", hashlib.sha256(facts[0][0].encode()).hexdigest()[:16] + ".json")
    if read_cached(known) == {"files": facts, "sha256": stated}:
        return True
    holds = check()
    if holds:
        write_cached(known, {"files": facts, "sha256": stated})
    return holds


def _digest(content: Any, place: int, second_file: Path | None) -> str:
    """The hash of the content with ``FREE`` at ``place``, then of the second file."""
    with memoryview(content) as view:
        digest = hashlib.sha256(view[:place])
        digest.update(FREE.encode())
        digest.update(view[place + len(FREE) :])
    if second_file is not None:
        with second_file.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
