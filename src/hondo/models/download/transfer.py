"""One file over HTTP: resumed where it was cut, refused where the answer is another thing than the file."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from hondo.core.atomic import cannot_write
from hondo.core.cache import read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.version import __version__

TIMEOUT_S = 30.0  # without a byte
MAX_FAILURES = 4  # one after another, none of which brought a byte
FIRST_WAIT_S = 0.5
_CHUNK = 2**20
_AGAIN = {408, 425, 429, 500, 502, 503, 504}  # statuses that may pass
ELSEWHERE = {401, 403, 404, 410}  # statuses for which another address may have the file


class FetchError(HondoError):
    """A file that could not be fetched. ``is_gone``: not from this address, though perhaps from another."""

    def __init__(self, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.is_gone = is_gone


class _CutError(Exception):
    """The connection ended early, or the server is busy: worth another try."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Bytes on the disk, and of the whole file where the server says it."""

    done: int
    total: int | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to fetch. ``size`` in bytes where it is known; ``token`` goes to the host of ``url`` alone."""

    url: str
    size: int | None = None
    token: str | None = None


def transfer(
    wanted: Wanted,
    path: Path,
    *,
    timeout_s: float = TIMEOUT_S,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Fetches into ``path``, which holds the start of the file if this raises; the next call goes on from there.

    A start is used only if the server confirms that the file is the same (ETag or date). Proxies are those of the
    environment. Raises ``FetchError``, or ``HondoError`` where ``path`` cannot be written.
    """
    failures = 0
    while True:
        before = _bytes_in(path)
        try:
            return _receive(wanted, path, timeout_s=timeout_s, on_progress=on_progress)
        except _CutError as cut:
            failures = 0 if _bytes_in(path) > before else failures + 1
            if failures == MAX_FAILURES:
                raise FetchError(
                    f"{wanted.url}: {cut}, {failures} times; try again later: what has arrived is kept"
                ) from cut
            wait(FIRST_WAIT_S * 2**failures)


def read_text(url: str, *, limit: int = 2**18, timeout_s: float = 5.0) -> bytes | None:
    """A small plain text, such as a licence; None where it cannot be had."""
    try:
        with build_opener().open(_request(url), timeout=timeout_s) as response:
            return response.read(limit) if response.headers.get_content_type() == "text/plain" else None
    except (OSError, HTTPException, ValueError):
        return None


def as_size(count: float) -> str:
    """Bytes as people read them."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _receive(wanted: Wanted, path: Path, *, timeout_s: float, on_progress: Callable[[Progress], None]) -> None:
    done, notes = _bytes_in(path), read_cached(_notes(path)) or {}
    if done and done == (wanted.size or notes.get("total")):
        return
    request = _request_from(wanted, done=done, validator=notes.get("validator"))
    with _open(request, path, timeout_s=timeout_s) as response:
        start, total = _extent(response, url=wanted.url)
        if start not in (0, done):
            path.unlink(missing_ok=True)
            raise _CutError("the server sent another part than was asked for")
        if None not in (wanted.size, total) and wanted.size != total:
            raise FetchError(f"{wanted.url} has {total} bytes and its metadata say {wanted.size}; try again later")
        _check_space(path.parent, (total or 0) - start)
        if start == 0:
            path.unlink(missing_ok=True)
            write_cached(_notes(path), {"validator": _validator(response), "total": total})
        done = start
        on_progress(Progress(done=done, total=total))
        try:
            with path.open("ab") as file:
                for chunk in _chunks(response):
                    file.write(chunk)
                    done += len(chunk)
                    on_progress(Progress(done=done, total=total))
        except OSError as error:
            raise cannot_write(path, error) from error
    if total is not None and done < total:
        raise _CutError(f"the connection was cut after {as_size(done)} of {as_size(total)}")


def _request(url: str) -> Request:
    return Request(url, headers={"User-Agent": f"hondo/{__version__}", "Accept-Encoding": "identity"})


def _request_from(wanted: Wanted, *, done: int, validator: str | None) -> Request:
    request = _request(wanted.url)
    if wanted.token:
        request.add_unredirected_header("Authorization", f"Bearer {wanted.token}")
    if done and validator:
        request.add_header("Range", f"bytes={done}-")
        request.add_header("If-Range", validator)
    return request


def _open(request: Request, path: Path, *, timeout_s: float) -> HTTPResponse:
    try:
        return build_opener().open(request, timeout=timeout_s)  # urlopen would keep the proxies of its first call
    except HTTPError as error:
        error.close()
        if error.code == 416:  # the start here is longer than the file there
            path.unlink(missing_ok=True)
        if error.code in _AGAIN or error.code == 416:
            raise _CutError(f"the server answers {error.code} {error.reason}") from error
        says = f"{request.full_url}: the server answers {error.code} {error.reason}"
        raise FetchError(says, is_gone=error.code in ELSEWHERE) from error
    except URLError as error:
        if isinstance(error.reason, TimeoutError | ConnectionResetError):
            raise _CutError(f"no answer within {timeout_s:g} s") from error
        host = urlsplit(request.full_url).hostname
        raise FetchError(
            f"no connection to {host} ({error.reason}); check the network, its proxy (HTTPS_PROXY) and its "
            "certificates (SSL_CERT_FILE)"
        ) from error
    except (TimeoutError, ConnectionError, HTTPException) as error:
        raise _CutError(_reason(error)) from error


def _extent(response: HTTPResponse, *, url: str) -> tuple[int, int | None]:
    """Where the answer starts in the file, and the file's size; refuses an answer that cannot be the file."""
    headers = response.headers
    if headers.get_content_type() in ("text/html", "application/xhtml+xml"):
        raise FetchError(f"{url}: a web page came (a sign-in, quota or proxy page), not the file", is_gone=True)
    if headers.get("Content-Encoding", "identity") != "identity":
        raise FetchError(f"{url}: the file came compressed ({headers['Content-Encoding']}); try without the proxy")
    if response.status == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
        return (int(found[1]), int(found[2])) if found else (-1, None)
    length = headers.get("Content-Length", "")
    if not length.isdigit() and headers.get("Transfer-Encoding", "").lower() != "chunked":
        raise FetchError(f"{url}: the server does not say how large the file is, so a cut would not be seen")
    return 0, int(length) if length.isdigit() else None


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(_CHUNK)
        except (OSError, HTTPException) as error:
            raise _CutError(_reason(error)) from error
        if not chunk:
            return
        yield chunk


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FetchError(
            f"{as_size(needed)} are to come and {folder} has {as_size(free)} free; free some space, or name another "
            "folder in HONDO_CACHE"
        )


def _validator(response: HTTPResponse) -> str | None:
    """What tells this version of the file from another: a strong ETag, else its date."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _notes(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _bytes_in(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "nothing came for a while"
    return f"the connection was cut ({type(error).__name__})"
