"""Where hondo keeps what it can make again: compiled code, and which engine won a trial. HONDO_CACHE names another."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from hondo.core.text_file import load_object


def cache_folder(*parts: str) -> Path:
    """A folder in the user's cache, not made yet: $HONDO_CACHE, else the place the system names for such files."""
    given = os.environ.get("HONDO_CACHE")
    root = Path(given).expanduser() if given else _system_cache() / "hondo"
    return root.joinpath(*parts)


def read_cached(path: Path) -> dict[str, Any] | None:
    """The JSON object in a cache file; None where there is none that can be read: a cache is never a reason to fail."""
    try:
        return load_object(path.read_bytes(), name=path.name)
    except (OSError, ValueError):
        return None


def write_cached(path: Path, values: dict[str, Any]) -> None:
    """Keeps a JSON object in a cache file; where nothing can be written it is simply not kept."""
    from hondo.core.atomic import atomic_write
    from hondo.core.errors import HondoError

    try:
        atomic_write(path, json.dumps(values, indent=1).encode())
    except (HondoError, OSError):
        return


def _system_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
