"""Published weights on this machine: a folder for each release, its origin and licence beside it, what was accepted."""

import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.check_config import NOT_NEGATIVE, check_config
from hondo.core.errors import HondoError
from hondo.core.integrity.seal import has_sha256

ORIGIN, LICENCE = "origin.json", "LICENCE.txt"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What is kept beside fetched weights. ``files``: their sizes in bytes. ``sha256``: of the file at ``url``.

    ``hashes``: the SHA-256 of each file; an earlier hondo kept none.
    """

    url: str
    sha256: str
    checked: str
    files: dict[str, int]
    licence: str
    fetched: str
    hashes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_config(self, name="", limits={"files": NOT_NEGATIVE})

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(self.files.values())


def weights_folder() -> Path:
    """Where all published weights lie: "weights" in hondo's cache, which HONDO_CACHE moves."""
    return cache_folder("weights")


def stored(label: str) -> Stored | None:
    """The origin of fetched weights; None where there are none, or where they were put there by hand."""
    kept = read_cached(weights_folder() / label / ORIGIN) or {}
    names = {each.name for each in fields(Stored)}
    try:
        return Stored(**{key: value for key, value in kept.items() if key in names})
    except (TypeError, HondoError):  # a field is missing, or damaged
        return None


def write_origin(folder: Path, kept: Stored) -> None:
    """Keeps the origin beside the weights in ``folder``."""
    write_cached(folder / ORIGIN, asdict(kept))


def find(label: str) -> Path | None:
    """The file of a release, or its folder where it has several; None where nothing is here.

    Files that a person has put there by hand are found too. Fetched ones whose size or hash has changed are refused.
    """
    folder = weights_folder() / label
    if not folder.is_dir():
        return None
    files = sorted(
        each for each in folder.iterdir() if not each.name.startswith(".") and each.name not in (ORIGIN, LICENCE)
    )
    kept = stored(label)
    for name, size in kept.files.items() if kept else ():
        file, sha256 = folder / name, kept.hashes.get(name, "") if kept else ""
        is_same = file.is_file() and file.stat().st_size == size and (not sha256 or has_sha256(file, sha256))
        if not is_same:
            raise HondoError(
                f"{folder / name} is not as it was fetched ({size} bytes); remove it with: hondo weights remove {label}"
            )
    if not files:
        return None
    return files[0] if len(files) == 1 else folder


def remove(label: str) -> int:
    """Deletes a release and what was fetched of it in part; the bytes that are free again. Its checksum stays known."""
    folders = [weights_folder() / label, partial_folder(label)]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    try:
        for folder in folders:
            if folder.exists():
                shutil.rmtree(folder)
    except OSError as error:
        raise HondoError(f"{error.filename}: cannot be removed ({error.strerror})") from error
    return size


def partial_folder(label: str) -> Path:
    """Where a release lies while it is being fetched."""
    return weights_folder() / ".partial" / label


def known_sha256(label: str, file: str) -> str:
    """The SHA-256 that the file had when it was first fetched here; empty before that."""
    return (read_cached(known_file(label)) or {}).get(file, "")


def keep_sha256(label: str, file: str, sha256: str) -> None:
    """Notes a SHA-256 for the next time; removing the weights keeps it."""
    write_cached(known_file(label), (read_cached(known_file(label)) or {}) | {file: sha256})


def known_file(label: str) -> Path:
    """Where the SHA-256 of a release's files are kept."""
    return weights_folder() / ".known" / f"{label}.json"


def is_accepted(licence: str) -> bool:
    """Whether the licence was accepted before, or HONDO_ACCEPT_LICENCE accepts all."""
    return is_set("HONDO_ACCEPT_LICENCE") or licence in (read_cached(_accepted()) or {})


def accept(licence: str, *, when: str) -> None:
    """Notes that the licence was accepted, so that nobody is asked again."""
    write_cached(_accepted(), (read_cached(_accepted()) or {}) | {licence: when})


def is_set(variable: str) -> bool:
    """Whether an environment variable says yes."""
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "no", "off", "false")


def is_offline() -> bool:
    """Whether HONDO_OFFLINE, or the hub's own HF_HUB_OFFLINE, forbids the network."""
    return is_set("HONDO_OFFLINE") or is_set("HF_HUB_OFFLINE")


def _accepted() -> Path:
    return weights_folder() / ".accepted.json"
