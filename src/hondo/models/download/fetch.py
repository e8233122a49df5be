"""Fetches a release into the cache: one process at a time, checked before it appears, whole or not at all."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hondo.core.atomic import CannotWriteError, atomic_write, make_writable_folder
from hondo.core.errors import HondoError
from hondo.models.download import weights_cache as cache
from hondo.models.download.announce import Announced
from hondo.models.download.hub import hub_facts
from hondo.models.download.releases import HubFile, Release, Source
from hondo.models.download.transfer import FetchError, Progress, Wanted, read_text, transfer
from hondo.models.download.unpack import unpack

FREE = ("Apache-2.0", "MIT", "BSD-3-Clause")  # licences that allow every use; others are accepted by the user first
OnProgress = Callable[[Progress], None]
Show = Callable[[str], OnProgress]  # from what is fetched, under which licence and from where


class LicenceError(FetchError):
    """Weights whose licence is still to be accepted."""


def fetch(
    release: Release,
    *,
    licence: str,
    accept_licence: bool = False,
    offline: bool = False,
    show: Show | None = None,
) -> Path:
    """The file or folder of a release, fetched unless it is here.

    Raises ``FetchError`` with what to do: offline, a licence not yet accepted, no connection, a wrong checksum.
    """
    if (path := cache.find(release.label)) is not None:
        return path
    if offline or cache.is_offline():
        raise FetchError("offline=True, HONDO_OFFLINE or HF_HUB_OFFLINE forbids it")
    _check_licence(release, licence, accept_licence=accept_licence)
    make_writable_folder(cache.weights_folder(), field="HONDO_CACHE")
    with alone(release.label):
        return cache.find(release.label) or _fetch_first(release, licence=licence, show=show or Announced)


def _check_licence(release: Release, licence: str, *, accept_licence: bool) -> None:
    if licence in FREE or cache.is_accepted(licence):
        return
    if not accept_licence:
        raise LicenceError(
            f"the licence of the weights {release.label} is {licence}: read {release.terms}, then accept it once with "
            f"accept_licence=True (hondo weights get {release.label}) or HONDO_ACCEPT_LICENCE=1"
        )
    cache.accept(licence, when=_now())


@contextmanager
def alone(label: str) -> Iterator[None]:
    """Holds a release for this process alone; waits while another fetches it."""
    from filelock import FileLock, Timeout

    place = cache.weights_folder() / ".locks" / f"{label}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"hondo: another process is fetching {label}; waiting for it", file=sys.stderr)
        lock.acquire(poll_interval=0.2)
    try:
        yield
    finally:
        lock.release()


def _fetch_first(release: Release, *, licence: str, show: Show) -> Path:
    """From the first source that has it."""
    for source in release.sources[:-1]:
        try:
            return _fetch_from(source, release, licence=licence, show=show)
        except FetchError as error:
            if not error.is_gone:
                raise
            print(f"hondo: {error}; trying the next address", file=sys.stderr)
    return _fetch_from(release.sources[-1], release, licence=licence, show=show)


def _fetch_from(source: Source, release: Release, *, licence: str, show: Show) -> Path:
    url, wanted, stated = _wanted(source)
    path = cache.partial_folder(release.label) / source.name
    path.parent.mkdir(parents=True, exist_ok=True)
    transfer(wanted, path, on_progress=show(f"{source.name}, {licence}, from {url}"))
    try:
        sha256, checked = _checked(path, release, source, stated=stated)
        finished = _finished(path, release)
    except CannotWriteError:
        raise
    except HondoError as error:
        path.unlink(missing_ok=True)
        raise FetchError(f"{url}: {error}") from error
    files = {each.name: each.stat().st_size for each in sorted(finished.iterdir())}
    hashes = {name: _sha256(finished / name) for name in files}
    kept = cache.Stored(
        url=url, sha256=sha256, checked=checked, files=files, licence=licence, fetched=_now(), hashes=hashes
    )
    cache.write_origin(finished, kept)
    atomic_write(finished / cache.LICENCE, read_text(release.terms) or f"{licence}: {release.terms}\n".encode())
    cache.keep_sha256(release.label, source.name, sha256)
    place = cache.weights_folder() / release.label
    shutil.rmtree(place, ignore_errors=True)  # at most a folder without weights: find looked before
    finished.rename(place)
    shutil.rmtree(path.parent, ignore_errors=True)
    return cache.find(release.label) or place


def _wanted(source: Source) -> tuple[str, Wanted, str]:
    """The address as people know it, what to fetch, and the SHA-256 (or its start) that the hub or a name states."""
    if isinstance(source, HubFile):
        facts = hub_facts(source)
        return facts.url, facts.wanted, facts.sha256
    return source.url, Wanted(url=source.url), source.sha256


def _checked(path: Path, release: Release, source: Source, *, stated: str) -> tuple[str, str]:
    """The file's SHA-256, and what it was compared with; refuses what is no file of weights, and another SHA-256."""
    from hondo.models.base.weights_file import check_is_checkpoint

    if not release.members:
        check_is_checkpoint(path)
    sha256 = _sha256(path)
    says = "the hub" if isinstance(source, HubFile) else "the name that the authors gave it"
    if not sha256.startswith(stated):
        raise HondoError(f"its SHA-256 is {sha256}, and {stated} according to {says}; try again later")
    known = cache.known_sha256(release.label, source.name)
    is_new_on_hub = isinstance(source, HubFile) and stated
    if known not in ("", sha256) and not is_new_on_hub:
        raise HondoError(
            f"its SHA-256 is {sha256}, and was {known} when it was first fetched here; if the authors have published "
            f"another file, delete {cache.known_file(release.label)}"
        )
    return sha256, says if stated else "an earlier download" if known else "nothing: first use"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _finished(path: Path, release: Release) -> Path:
    """A new folder beside ``path`` that holds what the cache will keep."""
    folder = path.parent / ".finished"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if release.members:
        unpack(path, folder, members=release.members, extras=release.extras)
    else:
        path.rename(folder / path.name)
    return folder


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
