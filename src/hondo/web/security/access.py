"""Who may ask: the token, the page a request comes from, and the host it names. Pure functions over request headers."""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal

LOOPBACK = frozenset(["127.0.0.1", "localhost", "::1"])
TOKEN_VARIABLE = "HONDO_TOKEN"
SUBPROTOCOL = "hondo-v1"
_TOKEN_SUBPROTOCOL = "hondo-token-"  # browsers cannot set headers of a WebSocket, but can name protocols
_MIN_TOKEN = 16  # characters


@dataclass(frozen=True, kw_only=True)
class Access:
    """The rule of one server. ``token`` None: only for the machine itself, told by the Host header."""

    token: str | None = None
    origins: frozenset[str] = frozenset()  # of pages elsewhere that may ask, e.g. https://robot.example


def choose_token(host: str, *, given: str | None) -> str | None:
    """The token of a server on ``host``: the given one, or a new one where others than this machine can reach it."""
    if given is not None and not re.fullmatch(rf"[A-Za-z0-9._~-]{{{_MIN_TOKEN},}}", given):
        raise HondoError(
            f"{TOKEN_VARIABLE} must have at least {_MIN_TOKEN} characters, of letters, digits and . _ ~ -; "
            "leave it unset and hondo makes one"
        )
    return given or (None if host in LOOPBACK else secrets.token_urlsafe(24))


def check_access(access: Access, headers: Mapping[str, str], *, is_open: bool) -> None:
    """Refuses a request by its headers (names in lower case); ``is_open``: a path that needs no token."""
    host = headers.get("host", "")
    if access.token is None and _hostname(host) not in LOOPBACK:
        raise Refusal(
            403, "this server answers to 127.0.0.1 and localhost only; start it with a host and a token for others"
        )
    origin = headers.get("origin")
    if origin is not None and origin not in access.origins and urlsplit(origin).netloc != host:
        raise Refusal(
            403,
            "pages of another origin may not use this server unless it is started with that origin in allow_origins",
        )
    if access.token is not None and not is_open and not _same(_given_token(headers), access.token):
        raise Refusal(401, "the token is missing or wrong; send it as Authorization: Bearer TOKEN")


def check_origins(origins: Iterable[str]) -> frozenset[str]:
    """Origins as browsers write them: scheme://host[:port], nothing behind."""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise HondoError(
                f"allow_origins '{origin}' must be like https://robot.example or http://127.0.0.1:3000",
                field="allow_origins",
            )
    return frozenset(origins)


def _given_token(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    offered = (part.strip() for part in headers.get("sec-websocket-protocol", "").split(","))
    return next((part.removeprefix(_TOKEN_SUBPROTOCOL) for part in offered if part.startswith(_TOKEN_SUBPROTOCOL)), "")


def _same(given: str, wanted: str) -> bool:
    """In a time that does not tell how much of the token is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
