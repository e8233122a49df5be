"""Multipart bodies, among them ones made to confuse."""

import numpy as np
import pytest

from hondo.web.http.refusal import Refusal
from hondo.web.http.request_body import image_of

TYPE = 'multipart/form-data; boundary="b-1"'


def form(*parts: tuple[str, bytes], boundary: bytes = b"b-1", end: bytes = b"--\r\n") -> bytes:
    body = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--" + boundary + end


@pytest.mark.parametrize("content", [b"", b"\r\n", b"--b-", b"\r\n--b-", b"\0\xff" * 100, b"a\r\n\r\nb"])
def test_content_comes_back_byte_by_byte(content: bytes) -> None:
    assert image_of(form(('name="image"; filename="x.png"', content)), content_type=TYPE) == content


def test_random_bytes_come_back() -> None:
    random = np.random.default_rng(0)
    for size in (1, 10, 1000):
        content = random.bytes(size)
        assert image_of(form(('name="image"', content)), content_type=TYPE) == content


def test_the_field_named_image_is_taken_before_others() -> None:
    body = form(('name="other"; filename="y"', b"no"), ('name="image"', b"yes"), ('name="note"', b"no"))
    assert image_of(body, content_type=TYPE) == b"yes"


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
        image_of(body, content_type=TYPE)
    assert refused.value.status == 400


def test_damage_never_ends_in_anything_else() -> None:
    random = np.random.default_rng(1)
    whole = form(('name="image"; filename="x.png"', b"content" * 20))
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 4):
            damaged[place] = random.integers(0, 256)
        try:
            assert isinstance(image_of(bytes(damaged), content_type=TYPE), bytes)
        except Refusal as refusal:
            assert refusal.status == 400
