"""What is refused, over real sockets: each with its documented status, in one line, and the server lives on."""

import socket
import struct
import threading
import time
import zlib

import httpx
import pytest

from hondo.web.http.refusal import REASONS
from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits

TOKEN = "right-token-right-token"


def refusal(response, status: int, said: str) -> None:
    assert response.status_code == status and status in REASONS, response.text
    error = response.json()["error"]
    assert said in error and "\n" not in error
    assert response.headers["content-type"] == "application/json"


def huge_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims that size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\x10IDAT" + b"\0" * 20


@pytest.mark.parametrize(
    ("params", "status", "said"),
    [
        ({"format": "jpg"}, 400, "format"),
        ({"model": "http://example.org/x.onnx"}, 404, "no model"),
        ({"model": "/etc/passwd"}, 404, "no model"),
    ],
)
def test_bad_parameters(server, image, params, status, said) -> None:
    with server.client() as client:
        refusal(client.post("/v1/depth", params=params, content=image()), status, said)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "empty"),
        (b"http://example.org/photo.jpg", 415, "not an image"),
        (b"\x80\x04\x95pickle", 415, "not an image"),
        (b"\x93NUMPY\x01\x00" + b"\0" * 100, 415, "not an image"),
        (huge_png(20_000, 10_000), 413, "megapixels"),
        (huge_png(64, 64), 415, "damaged"),
    ],
)
def test_bodies_that_are_no_image(server, body, status, said) -> None:
    with server.client() as client:
        refusal(client.post("/v1/depth", content=body), status, said)


def test_a_image_cut_short(server, image) -> None:
    with server.client() as client:
        refusal(client.post("/v1/depth", content=image((200, 300), form="JPEG")[:3000]), 415, "truncated")


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("multipart/form-data", b"--x\r\n", "boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data", "cut off"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
            "has 0",
        ),
    ],
)
def test_broken_forms(server, content_type, body, said) -> None:
    with server.client() as client:
        refusal(client.post("/v1/depth", content=body, headers={"Content-Type": content_type}), 400, said)


def test_unknown_paths_and_methods(server) -> None:
    with server.client() as client:
        refusal(client.get("/nothing"), 404, "no such path")
        refusal(client.get("/v1/depth"), 405, "method")
        refusal(client.get("/static/../../pyproject.toml"), 404, "no such path")
        refusal(client.get("/static/%2e%2e/%2e%2e/server.py"), 404, "no such path")
        refusal(client.get("/v1/clip/999999"), 404, "numbered from 0")
        refusal(client.get("/v1/clip/..%2f..%2fx"), 404, "no such path")
        refusal(client.get("/v1/clip/x"), 400, "number")


def test_accept_of_nothing_offered(server, image) -> None:
    with server.client() as client:
        refusal(client.post("/v1/depth", headers={"Accept": "text/html"}, content=image()), 406, "Accept")


def test_a_body_that_is_too_large(serving) -> None:
    started = serving(limits=Limits(body_bytes=100_000))
    with started.client() as client:
        refusal(client.post("/v1/depth", content=b"x" * 3_000_000), 413, "0.1 MB")
        chunks = (b"x" * 10_000 for _ in range(300))
        refusal(client.post("/v1/depth", content=chunks), 413, "0.1 MB")
        assert client.get("/healthz").status_code == 200


def test_a_slow_body_is_ended(serving) -> None:
    started = serving(limits=Limits(body_seconds=0.5))
    start = time.monotonic()
    with started.connect() as slow:
        slow.sendall(b"POST /v1/depth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        slow.sendall(b"x")
        time.sleep(0.1)
        slow.sendall(b"x")
        answer = read_all(slow)
    assert b"408" in answer.split(b"\r\n")[0] and b"within 0.5 s" in answer
    assert time.monotonic() - start < 15


def test_a_slow_head_is_ended(serving) -> None:
    started = serving(limits=Limits(head_seconds=0.4))
    with started.connect() as silent, started.connect() as slow, started.connect() as second:
        slow.sendall(b"GET /healthz HT")
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in second.recv(15)
        second.sendall(b"GET /he")
        start = time.monotonic()
        assert read_all(silent) == b""
        for partial in (slow, second):
            answer = read_all(partial)  # for the second, behind what was left of the first answer
            assert b"HTTP/1.1 408 " in answer and b"within 0.4 s" in answer
        assert time.monotonic() - start < 15


def test_nonsense_instead_of_http(server) -> None:
    with server.connect() as odd:
        odd.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50 + b"\r\n\r\n")
        assert b"400" in read_all(odd)


def test_the_token(serving, image) -> None:
    started = serving(access=Access(token=TOKEN))
    with started.client() as client:
        refusal(client.post("/v1/depth", content=image()), 401, "token")
        for wrong in ("Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \xe4".encode("latin-1")):
            refusal(client.get("/v1/models", headers={"Authorization": wrong}), 401, "token")
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert client.post("/v1/depth", content=image(), headers=right).status_code == 200
        assert client.get("/metrics").status_code == 401 and client.get("/metrics", headers=right).status_code == 200
        assert all(client.get(path).status_code == 200 for path in ("/", "/healthz", "/readyz", "/static/icon.svg"))
        assert client.get("/v1/models").headers["WWW-Authenticate"] == "Bearer"


def test_a_foreign_origin_and_a_foreign_host(serving, image) -> None:
    started = serving(access=Access(origins=frozenset(["https://robot.example"])))
    with started.client() as client:

        def post(**headers: str):
            return client.post("/v1/depth", content=image(), headers=headers)

        refusal(post(Origin="https://evil.example"), 403, "origin")
        refusal(post(Origin="null"), 403, "origin")
        refusal(post(Host="evil.example"), 403, "127.0.0.1")
        assert post(Origin="https://robot.example").status_code == 200
        assert post(Origin=started.url).status_code == 200
        assert post(Host="localhost").status_code == 200


def test_too_many_requests_of_one_client(serving) -> None:
    started = serving(limits=Limits(rate_per_s=1, burst=3))
    with started.client() as client:
        assert [client.get("/v1/models").status_code for _ in range(3)] == [200] * 3
        response = client.get("/v1/models")
        refusal(response, 429, "slow down")
        assert int(response.headers["Retry-After"]) >= 1
        assert client.get("/healthz").status_code == 200


def test_a_full_queue(serving, image, until) -> None:
    held = threading.Event()

    def run(shown):
        if started_up:
            assert held.wait(20)
        return shown[:, :1]

    started_up: list[bool] = []
    started = serving(run, limits=Limits(waiting=2))
    started_up.append(True)
    answers: list[int] = []

    def ask() -> None:
        with started.client() as client:
            answers.append(client.post("/v1/depth", content=image()).status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    until(lambda: started.service.engine.waiting == 2)
    with started.client() as client:
        response = client.post("/v1/depth", content=image())
        refusal(response, 429, "wait for the engine")
        assert int(response.headers["Retry-After"]) >= 1
        assert "hondo_queue_refused_total 1" in client.get("/metrics").text
    held.set()
    for thread in threads:
        thread.join(20)
    assert answers == [200] * 3


def test_too_many_requests_at_once(serving, image, until) -> None:
    started = serving(limits=Limits(requests=2, body_seconds=20))
    head = b"POST /v1/depth HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    with started.connect() as first, started.client() as client:
        first.sendall(head)
        until(lambda: len(started.service.requests) == 1)
        refusal(client.post("/v1/depth", content=image()), 429, "at once")
    until(lambda: len(started.service.requests) == 0)
    with started.client() as client:
        assert client.post("/v1/depth", content=image()).status_code == 200


def test_an_engine_s_fault_is_500_and_the_next_image_is_served(serving, image, caplog) -> None:
    faults: list[Exception] = []
    started = serving(lambda shown: raise_first(faults) or shown[:, :1])
    faults.append(RuntimeError("out of memory"))
    with started.client() as client:
        refusal(client.post("/v1/depth", content=image()), 500, "RuntimeError")
        assert client.post("/v1/depth", content=image()).status_code == 200
    assert "out of memory" in caplog.text


def test_values_that_are_not_finite_are_422(serving, image) -> None:
    started = serving(lambda shown: shown[:, :1] * float("nan"))
    with started.client() as client:
        refusal(client.post("/v1/depth", content=image()), 422, "not finite")


def test_a_model_that_cannot_be_made_ready_is_told(tiny, caplog, until) -> None:
    def run(image):
        raise RuntimeError("no such instruction")

    service = Service(ServedModels(("tiny",), load=lambda name: tiny(run)), access=Access())
    with bound("127.0.0.1", 0) as listening:
        server = make_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as client:
            until(lambda: "RuntimeError" in client.get("/readyz").text)
            refusal(client.get("/readyz"), 503, "cannot be made ready")
            assert client.get("/healthz").status_code == 200
        server.should_exit = True
        thread.join(20)
    assert "no such instruction" in caplog.text


def raise_first(faults: list[Exception]) -> None:
    if faults:
        raise faults.pop()


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data
