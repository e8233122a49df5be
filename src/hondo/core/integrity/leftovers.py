"""Names of temporary files, by which those of processes that were killed can be told from those in use."""

import os
import re
import shutil
import socket
import time
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

_NAME = re.compile(r"(?P<stem>\.(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.tmp)(\.\w+)?")
_OLD_S = 86400.0  # on another machine, or under the number of a process that runs, a file this old is a leftover
_in_use: set[str] = set()  # names of this process, without their suffixes


def new_name(suffix: str) -> str:
    """An unused name of a temporary file or folder of this process."""
    name = f".{_machine()}-{os.getpid()}-{uuid4().hex[:8]}.tmp"
    _in_use.add(name)
    return name + suffix


def remove_leftovers(folder: Path) -> int:
    """Removes the temporary files that killed processes left in a folder; returns how many."""
    count = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (name := _NAME.fullmatch(entry.name)) and _is_abandoned(entry, name):
                _remove(Path(entry.path))
                count += 1
    return count


@cache
def remove_leftovers_once(folder: Path) -> None:
    """As ``remove_leftovers``, the first time that this process writes there."""
    remove_leftovers(folder)


def _is_abandoned(entry: os.DirEntry[str], name: re.Match[str]) -> bool:
    if name["stem"] in _in_use:
        return False
    process = int(name["process"])
    if name["machine"] == _machine() and (process == os.getpid() or not _is_running(process)):
        return True
    with suppress(OSError):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD_S
    return False


def _is_running(process: int) -> bool:
    if os.name != "posix":  # no cheap way to tell: such files go by their age
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


@cache
def _machine() -> str:
    """Eight digits of the machine, or of the container, whose processes have numbers of their own."""
    with suppress(OSError):
        return f"{zlib.crc32((socket.gethostname() + os.readlink('/proc/self/ns/pid')).encode()):08x}"
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
