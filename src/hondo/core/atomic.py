"""Files appear whole or not at all: written under a temporary name in the same folder, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from hondo.core.errors import HondoError


@contextmanager
def atomic_path(path: str | Path, *, sync: bool = False) -> Iterator[Path]:
    """A temporary path (same folder, same suffix) that takes the place of ``path`` when the block ends well.

    Folders that are missing are made. ``sync`` flushes to the disk first, for files that must survive a power cut.
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if sync:
            _flush(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise HondoError(
            f"cannot write {path}: {error.strerror or error}; check the folder and its free space"
        ) from error
    finally:
        if temporary.exists():
            temporary.unlink()


def atomic_write(path: str | Path, data: bytes, *, sync: bool = False) -> Path:
    """Writes ``data`` to ``path``, whole or not at all."""
    with atomic_path(path, sync=sync) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
