"""A store that every machine of a fleet sees: a folder, or an fsspec URL (s3://, gs://, abfs://, file://).

A name is a path below the root, with slashes. An object appears whole or not at all.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from uuid import uuid4

from hondo.core.atomic import atomic_path, atomic_write, temporary_path
from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.data.streaming.shards import as_url, is_url


@runtime_checkable
class SharedStore(Protocol):
    """Objects by name."""

    root: str

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...

    def create(self, name: str, data: bytes) -> bool:
        """Writes an object that is not there yet; False if it is there. Of two writers one wins."""
        ...

    def put(self, file: Path, name: str) -> None: ...

    def get(self, name: str, file: Path) -> None: ...

    def names(self, prefix: str) -> list[str]:
        """All names under a folder, at any depth, in order."""
        ...

    def remove(self, name: str) -> None: ...


def open_store(root: str | Path) -> SharedStore:
    """The store of a folder, or of a URL."""
    return RemoteStore(as_url(root)) if is_url(root) else FolderStore(Path(root))


def check_writable(store: SharedStore, *, field: str) -> None:
    """Writes, reads and removes an object; HondoError where that fails. ``field``: the argument that named it."""
    name, data = f".hondo-write-test-{uuid4().hex[:8]}", b"hondo"
    try:
        store.write(name, data)
        is_same = store.read(name) == data
        store.remove(name)
    except Exception as error:  # each file system of fsspec has its own
        reason = reason_of(error) or type(error).__name__
        raise HondoError(
            f"{field} {store.root}: cannot write there ({reason}); check its name, your credentials and permissions",
            field=field,
        ) from error
    if not is_same:
        raise HondoError(f"{field} {store.root}: what is written there reads differently", field=field)


class FolderStore:
    """A folder that all machines mount, or of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.root = str(self.folder)

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        atomic_write(self.folder / name, data, sync=True)

    def create(self, name: str, data: bytes) -> bool:
        path = self.folder / name
        temporary = temporary_path(path)
        try:
            temporary.write_bytes(data)
            os.link(temporary, path)  # fails where the name is taken, unlike a rename
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def put(self, file: Path, name: str) -> None:
        with atomic_path(self.folder / name, sync=True) as temporary:
            shutil.copyfile(file, temporary)

    def get(self, name: str, file: Path) -> None:
        with atomic_path(file) as temporary:
            shutil.copyfile(self.folder / name, temporary)

    def names(self, prefix: str) -> list[str]:
        found = (path for path in (self.folder / prefix).rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in found if not path.name.startswith("."))

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


class RemoteStore:
    """Objects behind a URL; stores of objects write each of them whole."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise MissingExtraError("fsspec", extra="fleet") from error
        try:
            system, path = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise HondoError(f"{url} cannot be reached: {reason_of(error)}") from error
        self.system: Any = system
        self.root, self._path = url, path.rstrip("/")

    def read(self, name: str) -> bytes:
        with self._fresh():
            return self.system.cat_file(self._full(name))

    def write(self, name: str, data: bytes) -> None:
        self._make_folder(name)
        self.system.pipe_file(self._full(name), data)

    def create(self, name: str, data: bytes) -> bool:
        self._make_folder(name)
        with self._fresh():
            try:
                self.system.pipe_file(self._full(name), data, mode="create")
            except FileExistsError:
                return False
        return True

    def put(self, file: Path, name: str) -> None:
        self._make_folder(name)
        self.system.put_file(str(file), self._full(name))

    def get(self, name: str, file: Path) -> None:
        with atomic_path(file) as temporary, self._fresh():
            self.system.get_file(self._full(name), str(temporary))

    def names(self, prefix: str) -> list[str]:
        with self._fresh():
            try:
                found = self.system.find(self._full(prefix))
            except FileNotFoundError:
                return []
        return sorted(path[path.index(self._path) + len(self._path) :].lstrip("/") for path in found)

    def remove(self, name: str) -> None:
        with self._fresh():
            if self.system.exists(self._full(name)):
                self.system.rm_file(self._full(name))

    def _full(self, name: str) -> str:
        return f"{self._path}/{name}"

    def _make_folder(self, name: str) -> None:
        self.system.makedirs(self._full(name).rpartition("/")[0], exist_ok=True)

    @contextmanager
    def _fresh(self) -> Iterator[None]:
        """Without the listings that fsspec remembers: other machines write too."""
        self.system.invalidate_cache()
        yield
