"""Access control by request headers: the token, the origin of a page, and the host name. Pure functions."""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal

LOOPBACK = frozenset(["127.0.0.1", "localhost", "::1"])
TOKEN_VARIABLE = "HONDO_TOKEN"
SUBPROTOCOL = "hondo-v1"
_TOKEN_SUBPROTOCOL = "hondo-token-"  # browsers cannot set headers of a WebSocket, but can name protocols
_MIN_TOKEN = 16  # characters


@dataclass(frozen=True, kw_only=True)
class Access:
    """What one server requires. Without a token it accepts requests for this machine only, by the Host header."""

    token: str | None = None
    origins: frozenset[str] = frozenset()  # other origins whose pages are allowed, e.g. https://robot.example


def choose_token(host: str, *, given: str | None) -> str | None:
    """The token of a server on ``host``: the given one, or a new one. Non-local addresses require a token."""
    if given is not None and not re.fullmatch(rf"[A-Za-z0-9._~-]{{{_MIN_TOKEN},}}", given):
        raise HondoError(
            f"{TOKEN_VARIABLE} must have at least {_MIN_TOKEN} characters (letters, digits and . _ ~ -); "
            "leave it unset to have a token generated"
        )
    return given or (None if host in LOOPBACK else secrets.token_urlsafe(24))


def check_access(access: Access, headers: Mapping[str, str], *, is_open: bool) -> None:
    """Refuses a request by its headers (names in lower case). ``is_open``: the path requires no token."""
    host = headers.get("host", "")
    if access.token is None and _hostname(host) not in LOOPBACK:
        raise Refusal(
            403, "this server accepts requests for 127.0.0.1 and localhost only; non-local addresses require a token"
        )
    origin = headers.get("origin")
    is_own = bool(host) and _split(origin or "").netloc == host
    if origin is not None and origin not in access.origins and not is_own:
        raise Refusal(403, "pages of this origin are not allowed to use this server; add it to allow_origins")
    if access.token is not None and not is_open and not _is_equal(_given_token(headers), access.token):
        raise Refusal(401, "the token is missing or wrong; send it as Authorization: Bearer TOKEN")


def check_origins(origins: Iterable[str]) -> frozenset[str]:
    """Origins, checked to be written as browsers send them: scheme://host[:port]."""
    for origin in origins:
        parts = _split(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise HondoError(
                f"allow_origins '{origin}' must have the form https://robot.example or http://127.0.0.1:3000",
                field="allow_origins",
            )
    return frozenset(origins)


def _given_token(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    offered = (part.strip() for part in headers.get("sec-websocket-protocol", "").split(","))
    return next((part.removeprefix(_TOKEN_SUBPROTOCOL) for part in offered if part.startswith(_TOKEN_SUBPROTOCOL)), "")


def _is_equal(given: str, wanted: str) -> bool:
    """Constant-time comparison: its duration does not depend on how much of the token is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _hostname(host: str) -> str:
    return _split(f"//{host}").hostname or ""


def _split(url: str) -> SplitResult:
    """The parts of an address; of one that cannot be parsed, such as http://[, none."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")
