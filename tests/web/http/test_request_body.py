"""Request bodies: limits over real sockets, and multipart bodies, among them hostile ones."""

import time

import numpy as np
import pytest

from hondo.web.http.refusal import Refusal
from hondo.web.http.request_body import parse_form_image
from hondo.web.security.limits import Limits
from tests.web.requests import assert_refused, read_all

TYPE = 'multipart/form-data; boundary="b-1"'


def form(*parts: tuple[str, bytes], boundary: bytes = b"b-1", end: bytes = b"--\r\n") -> bytes:
    body = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--" + boundary + end


@pytest.mark.parametrize("content", [b"", b"\r\n", b"--b-", b"\r\n--b-", b"\0\xff" * 100, b"a\r\n\r\nb"])
def test_content_comes_back_byte_by_byte(content: bytes) -> None:
    assert parse_form_image(form(('name="image"; filename="x.png"', content)), content_type=TYPE) == content


def test_random_bytes_come_back() -> None:
    random = np.random.default_rng(0)
    for size in (1, 10, 1000):
        content = random.bytes(size)
        assert parse_form_image(form(('name="image"', content)), content_type=TYPE) == content


def test_the_field_named_image_is_taken_before_others() -> None:
    body = form(('name="other"; filename="y"', b"no"), ('name="image"', b"yes"), ('name="note"', b"no"))
    assert parse_form_image(body, content_type=TYPE) == b"yes"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b-1--",
        form(('name="image"', b"x"), end=b""),
        form(('name="image"', b"x"), boundary=b"other"),
        form(('name="image"', b"x"), ('name="image"', b"y")),
        form(('name="a"; filename="a"', b"x"), ('name="b"; filename="b"', b"y")),
        form(*[('name="image"', b"x")] * 40),
        b"--b-1\r\nno head at all\r\n--b-1--",
    ],
)
def test_others_are_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        parse_form_image(body, content_type=TYPE)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "filling",
    [
        b"\r\n--b-1x",
        b"\r\n--b-",
        b"\r",
        b"\r\n--b-1\r\n",
        b"\r\n--b-1\r\nA: b\r\n\r\n",
        b"A: b\r\n",
        b";",
        b'"',
    ],
)
@pytest.mark.parametrize("start", [b'--b-1\r\nContent-Disposition: form-data; name="image"\r\n\r\n', b"--b-1\r\nA: "])
def test_hostile_bodies_take_little_time(start: bytes, filling: bytes) -> None:
    body = start + filling * (20_000_000 // len(filling)) + b"\r\n--b-1--"
    begin = time.process_time()
    try:
        parse_form_image(body, content_type=TYPE)
    except Refusal as refusal:
        assert refusal.status == 400
    assert time.process_time() - begin < 1.5


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=" + "b" * 400, "multipart/form-data; " + "a;" * 30_000]
)
def test_long_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_form_image(form(('name="image"', b"x")), content_type=content_type)
    assert refused.value.status == 400


def test_heads_of_parts_are_bounded() -> None:
    long = form(('name="image"', b"x")).replace(b"\r\n\r\n", b"\r\nA: " + b"a" * 5000 + b"\r\n\r\n")
    many = form(('name="image"', b"x")).replace(b"\r\n\r\n", b"\r\nA: b" * 20 + b"\r\n\r\n")
    for body in (long, many):
        with pytest.raises(Refusal, match="malformed"):
            parse_form_image(body, content_type=TYPE)


def test_damage_never_ends_in_anything_else() -> None:
    random = np.random.default_rng(1)
    whole = form(('name="image"; filename="x.png"', b"content" * 20))
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            damaged[place] = random.integers(0, 256)
        try:
            assert isinstance(parse_form_image(bytes(damaged), content_type=TYPE), bytes)
        except Refusal as refusal:
            assert refusal.status == 400


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
        assert_refused(client.post("/v1/depth", content=body, headers={"Content-Type": content_type}), 400, said)


def test_a_body_that_is_too_large(serving) -> None:
    started = serving(limits=Limits(body_bytes=100_000))
    with started.client() as client:
        assert_refused(client.post("/v1/depth", content=b"x" * 3_000_000), 413, "0.1 MB")
        chunks = (b"x" * 10_000 for _ in range(300))
        assert_refused(client.post("/v1/depth", content=chunks), 413, "0.1 MB")
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
