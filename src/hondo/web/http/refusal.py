"""A refused request: an HTTP status that the documentation lists, and the reason in one line."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

# Status -> when it is returned; also shown by OpenAPI and docs/serve.md.
REASONS: dict[int, str] = {
    400: "a query parameter, a multipart body or a message is malformed",
    401: "the token is missing or wrong",
    403: "requests from this origin or for this host are not allowed",
    404: "no such path or model",
    405: "the path does not support this method",
    406: "none of the formats in Accept is available",
    408: "the request head or body arrived too slowly",
    413: "the body is larger than 20 MB, or the image larger than 100 megapixels",
    415: "the body is not a readable image",
    422: "the model cannot process this image as requested",
    429: "too many requests from this client, or too many images or answers wait; retry after Retry-After seconds",
    500: "internal error; see the server log",
    503: "the service is starting or stopping",
}


class Refusal(Exception):
    """Ends a request with ``status`` and ``reason``; ``retry_after_s`` becomes the Retry-After header."""

    def __init__(self, status: int, reason: str, *, retry_after_s: float | None = None) -> None:
        assert status in REASONS, f"status {status} is not documented"
        super().__init__(reason)
        self.status, self.reason, self.retry_after_s = status, " ".join(reason.split()), retry_after_s

    @property
    def body(self) -> bytes:
        """The reason as JSON."""
        return json.dumps({"error": self.reason}).encode()

    @property
    def headers(self) -> dict[str, str]:
        """Headers besides the content type. Connection: close where the request body may still be unread."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, round(self.retry_after_s)))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if self.status in (408, 413, 429, 500):
            headers["Connection"] = "close"
        return headers

    def response(self) -> Response:
        """The HTTP response; before a WebSocket is accepted, the response to its handshake."""
        return Response(self.body, self.status, headers=self.headers, media_type="application/json")


def documented(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of a route that may refuse with these statuses."""
    example = {"application/json": {"example": {"error": "the reason in one line"}}}
    return {status: {"description": REASONS[status], "content": example} for status in sorted(statuses)}
