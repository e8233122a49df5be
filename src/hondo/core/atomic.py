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
    temporary = temporary_path(path)
    try:
        yield temporary
        put_in_place(temporary, path, sync=sync)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(path: str | Path, data: bytes, *, sync: bool = False) -> Path:
    """Writes ``data`` to ``path``, whole or not at all."""
    with atomic_path(path, sync=sync) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def temporary_path(path: str | Path) -> Path:
    """A free name beside ``path`` with its suffix, in a folder that exists. Who takes it removes it.

    A device is refused, or the rename would put a file in its place (/dev/null!); a link leads to what is replaced.
    """
    path = _target(path)
    if path.exists() and not path.is_file():
        raise HondoError(f"cannot write {path}: there is a folder or a device of that name; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path.with_name(f".{uuid4().hex[:12]}.tmp{path.suffix}")


def put_in_place(temporary: Path, path: str | Path, *, sync: bool = False) -> None:
    """Renames a finished temporary file, which replaces ``path`` in one step."""
    try:
        if sync:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(temporary, _target(path))
    except OSError as error:
        raise cannot_write(path, error) from error


class CannotWriteError(HondoError):
    """A file could not be written: what the system said, and what to look at."""

    def __init__(self, path: str | Path, said: object) -> None:
        self.said = said
        super().__init__(f"cannot write {path}: {said}; check the folder, its permissions and its free space")


def cannot_write(path: str | Path, error: Exception) -> CannotWriteError:
    """The error of a file that could not be written, from what the system or a package raised."""
    return CannotWriteError(path, getattr(error, "strerror", None) or error)


def _target(path: str | Path) -> Path:
    path = Path(path)
    return path.resolve() if path.is_symlink() else path


def write_atomically(path: Path, content: bytes) -> None:
    """A temporary file in the same folder, fsync, replace, fsync of the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
