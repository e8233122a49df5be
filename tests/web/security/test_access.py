"""Tokens, origins, hosts."""

import hmac

import pytest

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal
from hondo.web.security.access import Access, check_access, check_origins, choose_token

TOKEN = "0123456789abcdef"
LOCAL = {"host": "127.0.0.1:8000"}


def test_loopback_needs_no_token_others_get_one() -> None:
    assert all(choose_token(host, given=None) is None for host in ("127.0.0.1", "localhost", "::1"))
    first, second = (choose_token("0.0.0.0", given=None) for _ in range(2))
    assert first != second and first is not None and len(first) >= 32
    assert choose_token("127.0.0.1", given=TOKEN) == TOKEN


@pytest.mark.parametrize("given", ["", "short", "with spaces in the middle", "komma,komma,komma,komma"])
def test_weak_tokens_are_refused(given: str) -> None:
    with pytest.raises(HondoError, match="HONDO_TOKEN"):
        choose_token("0.0.0.0", given=given)


def status(access: Access, headers: dict[str, str], *, is_open: bool = False) -> int:
    try:
        check_access(access, headers, is_open=is_open)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        (LOCAL, 200),
        ({"host": "localhost"}, 200),
        (LOCAL | {"origin": "http://["}, 403),
        (LOCAL | {"origin": "http://[::1"}, 403),
        ({"host": "["}, 403),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "[broken"}, 403),
        ({}, 403),
        (LOCAL | {"origin": "http://127.0.0.1:8000"}, 200),
        (LOCAL | {"origin": "http://127.0.0.1:3000"}, 403),
        (LOCAL | {"origin": "null"}, 403),
        (LOCAL | {"origin": ""}, 403),
    ],
)
def test_without_a_token(headers: dict[str, str], wanted: int) -> None:
    assert status(Access(), headers) == wanted


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, 401),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"bearer  {TOKEN} "}, 200),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"authorization": TOKEN}, 401),
        ({"sec-websocket-protocol": f"hondo-v1, hondo-token-{TOKEN}"}, 200),
        ({"sec-websocket-protocol": "hondo-v1, hondo-token-"}, 401),
        ({"authorization": "Bearer \udcff"}, 401),
    ],
)
def test_with_a_token(headers: dict[str, str], wanted: int) -> None:
    assert status(Access(token=TOKEN), headers | {"host": "robot.local:8000"}) == wanted
    assert status(Access(token=TOKEN), headers | {"host": "robot.local:8000"}, is_open=True) == 200


@pytest.mark.parametrize("origin", ["robot.example", "https://robot.example/", "*", "ftp://x", "https://"])
def test_origins_are_written_as_browsers_write_them(origin: str) -> None:
    with pytest.raises(HondoError, match="allow_origins"):
        check_origins([origin])
    assert check_origins(["https://robot.example", "http://127.0.0.1:3000"])


@pytest.mark.parametrize(("given", "wanted"), [(TOKEN, 200), (TOKEN[:-1] + "x", 401), ("", 401)])
def test_a_token_is_compared_as_a_whole(monkeypatch, given: str, wanted: int) -> None:
    """Every comparison goes through hmac.compare_digest, whose time does not tell where two differ."""
    compared = []
    compare = hmac.compare_digest

    def counting(a, b):
        compared.append((a, b))
        return compare(a, b)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    assert status(Access(token=TOKEN), LOCAL | {"authorization": f"Bearer {given}"}) == wanted
    assert compared == [(given.encode(), TOKEN.encode())]


def test_an_origin_is_never_that_of_a_missing_host() -> None:
    for origin in ("null", "http://[", ""):
        assert status(Access(token=TOKEN), {"authorization": f"Bearer {TOKEN}", "origin": origin}) == 403


def test_origins_that_cannot_be_parsed_are_refused_at_the_start() -> None:
    with pytest.raises(HondoError, match="must have the form"):
        check_origins(["http://["])
