"""The wanted files of a zip archive, and nothing else of it: flat, of bounded size, never outside their folder."""

import shutil
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from hondo.core.atomic import cannot_write
from hondo.core.errors import HondoError

MAX_RATIO = 20  # unpacked over packed; weights hardly shrink, and an archive that swells more is no archive of weights


def unpack(archive: Path, folder: Path, *, members: Collection[str], extras: Collection[str] = ()) -> None:
    """Writes ``members``, and the ``extras`` that are there, from any depth of ``archive`` straight into ``folder``.

    An archive that lacks a member, has one twice, holds a path that leads outside, or swells is refused.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            found = _wanted(opened, archive, {*members, *extras})
            if missing := [name for name in members if name not in found]:
                raise HondoError(f"{archive.name} holds no {' and no '.join(missing)}: it is another archive")
            for name, entry in found.items():
                with opened.open(entry) as source, (folder / name).open("wb") as file:
                    shutil.copyfileobj(source, file, 2**20)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise HondoError(f"{archive.name} is damaged, or no zip archive ({error})") from error
    except OSError as error:
        raise cannot_write(folder, error) from error


def _wanted(opened: zipfile.ZipFile, archive: Path, names: Collection[str]) -> dict[str, zipfile.ZipInfo]:
    """The wanted entries by their name without folders."""
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in opened.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise HondoError(f"{archive.name} holds the path {entry.filename!r}, which leads outside: not unpacked")
        if path.name in names and not entry.is_dir():
            if path.name in found:
                raise HondoError(f"{archive.name} holds {path.name} twice; unpack by hand the one that is meant")
            found[path.name] = entry
    unpacked = sum(entry.file_size for entry in found.values())
    if unpacked > MAX_RATIO * archive.stat().st_size:
        raise HondoError(f"{archive.name} would swell to {unpacked / 1e6:.0f} MB: it is no archive of weights")
    return found
