"""The only writer of files: a file appears whole or not at all (a temporary file in the same folder, then a rename)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.integrity.leftovers import new_name, remove_leftovers_once


@contextmanager
def atomic_path(path: str | Path, *, sync: bool = False, before: Path | None = None) -> Iterator[Path]:
    """A temporary path (same folder, same suffix) that replaces ``path`` when the block ends without an error.

    Missing folders are created. ``sync`` flushes file and folder to the disk, for files that must survive a power cut.
    ``before``: where the file that is replaced is kept, in the same folder.
    """
    temporary = temporary_path(path)
    try:
        yield temporary
        put_in_place(temporary, path, sync=sync, before=before)
    except CannotWriteError:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(path: str | Path, data: bytes, *, sync: bool = False, before: Path | None = None) -> Path:
    """Writes ``data`` to ``path``, whole or not at all; ``sync`` and ``before`` as in ``atomic_path``."""
    with atomic_path(path, sync=sync, before=before) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def append_line(path: str | Path, line: str) -> None:
    """Appends a line in one write that is on the disk when this returns, so that lines of two processes do not mix.

    A line that a crash has cut off is ended first.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            is_cut = end > 0 and (file.seek(end - 1), file.read(1))[1] != b"\n"
            file.write(b"\n" * is_cut + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise cannot_write(path, error) from error


def temporary_path(path: str | Path) -> Path:
    """An unused name next to ``path`` with its suffix, in a folder that exists. The caller removes the file.

    A device such as /dev/null is refused, since the rename would replace it; a link is followed to its target. What
    killed processes left in the folder is removed first.
    """
    path = _target(path)
    if path.exists() and not path.is_file():
        raise HondoError(f"cannot write {path}: there is a folder or a device of that name; name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    remove_leftovers_once(path.parent.resolve())
    return path.with_name(new_name(path.suffix))


def put_in_place(temporary: Path, path: str | Path, *, sync: bool = False, before: Path | None = None) -> None:
    """Renames a finished temporary file, which replaces ``path`` in one step; options as in ``atomic_path``."""
    try:
        if sync:
            _flush(temporary, os.O_RDWR)
        if before is not None and _target(path).exists():
            os.replace(_target(path), before)
        os.replace(temporary, _target(path))
        if sync and os.name == "posix":
            _flush(_target(path).parent, os.O_RDONLY)
    except OSError as error:
        raise cannot_write(path, error) from error


class CannotWriteError(HondoError, OSError):
    """A file could not be written: what the system reported, and what to check."""

    def __init__(self, path: str | Path, reason: object) -> None:
        super().__init__(f"cannot write {path}: {reason}; check the folder, its permissions and its free space")
        self.reason = self.strerror = str(reason)


def cannot_write(path: str | Path, error: Exception) -> CannotWriteError:
    """The error of a file that could not be written, from what the system or a package raised."""
    return CannotWriteError(path, getattr(error, "strerror", None) or error)


def _flush(path: Path, flags: int) -> None:
    """Flushes a file or a folder to the disk."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_writable_folder(path: Path, *, field: str) -> Path:
    """Makes the folder if need be; refuses one that cannot be written to. ``field``: the argument that named it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        _try_writing(path)
    except OSError as error:
        raise HondoError(
            f"{field} {path}: cannot write there ({error.strerror}); choose another folder", field=field
        ) from error
    return path


def check_writable(path: Path) -> None:
    """Refuses a file or folder that could not be made; makes nothing, and leaves nothing behind."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return  # a device
    folder = path
    while not folder.is_dir():
        if folder.exists() and folder != path:
            raise cannot_write(path, NotADirectoryError(20, "Not a directory"))
        if folder == folder.parent:
            return
        folder = folder.parent
    try:
        _try_writing(folder)
    except OSError as error:
        raise cannot_write(path, error) from error


def _try_writing(folder: Path) -> None:
    probe = folder / f".hondo-write-test-{os.getpid()}"
    probe.touch()
    probe.unlink()


def _target(path: str | Path) -> Path:
    path = Path(path)
    return path.resolve() if path.is_symlink() else path
