"""A web server of the tests: it resumes, cuts, redirects, hesitates or lies as told, and notes what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Page:
    """What lies at an address. ``cuts``: bytes after which the connection ends, one for each request while they last.

    ``statuses``: answers in place of the file, likewise. ``hub``: headers of a hub's HEAD, which leads to the file.
    """

    body: bytes = b""
    etag: str = '"1"'
    content_type: str = "application/octet-stream"
    redirect: str = ""
    resumes: bool = True
    states_length: bool = True
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    pause_s: float = 0.0


@dataclass
class Site:
    """The pages by path, and the requests that came: (method, path, Range, Authorization)."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def ranges(self, path: str) -> list[str | None]:
        return [each[2] for each in self.requests if each[:2] == ("GET", path)]


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    site.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    asked = request.headers.get("Range")
    site.requests.append((request.command, request.path, asked, request.headers.get("Authorization")))
    page = site.pages.get(request.path, Page(statuses=[404] * 99))
    if page.statuses:
        request.send_response(page.statuses.pop(0))
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    start = 0
    if asked and page.resumes and request.headers.get("If-Range") == page.etag:
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
    if start > len(page.body):
        request.send_response(416)
        request.end_headers()
        return
    send_headers(request, page, start)
    if request.command == "GET":
        end = page.cuts.pop(0) if page.cuts else len(page.body)
        request.wfile.write(page.body[start:end])
        request.wfile.flush()
        site.closing.wait(page.pause_s)


def send_headers(request: BaseHTTPRequestHandler, page: Page, start: int) -> None:
    request.send_response(302 if page.redirect else 206 if start else 200)
    headers = {"ETag": page.etag, "Content-Type": page.content_type} | page.headers
    if page.redirect:
        headers["Location"] = page.redirect
    if start:
        headers["Content-Range"] = f"bytes {start}-{len(page.body) - 1}/{len(page.body)}"
    if page.states_length:
        headers["Content-Length"] = str(len(page.body) - start)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
