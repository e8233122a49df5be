"""Refusals: a status that the documentation names, and a reason in one line."""

import json
from collections.abc import Iterable
from typing import Any

# status -> when it is given; what OpenAPI and docs/serve.md say.
REASONS: dict[int, str] = {
    400: "a query parameter, a multipart body or a message is malformed",
    401: "the token is missing or wrong",
    403: "the request comes from a page of another origin, or names another host",
    404: "there is no such path or model",
    405: "the path does not take this method",
    406: "no form that Accept names is offered",
    408: "the head or the body came too slowly",
    413: "the body is over 20 MB, or the image over 100 megapixels",
    415: "the body is not an image that can be read",
    422: "the model cannot do this with this image",
    429: "too many requests of this client, or too many images are waiting; Retry-After tells when to come again",
    500: "a fault of the service; its log tells more",
    503: "the service is starting or stopping",
}


class Refusal(Exception):
    """Ends a request; ``retry_after_s`` goes into the header of that name."""

    def __init__(self, status: int, reason: str, *, retry_after_s: float | None = None) -> None:
        assert status in REASONS, f"status {status} is not documented"
        super().__init__(reason)
        self.status, self.reason, self.retry_after_s = status, " ".join(reason.split()), retry_after_s

    @property
    def body(self) -> bytes:
        return json.dumps({"error": self.reason}).encode()

    @property
    def headers(self) -> dict[str, str]:
        """Beside the content type. An unread body is not worth reading on: those refusals end the connection."""
        headers = {}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, round(self.retry_after_s)))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if self.status in (408, 413, 429, 500):
            headers["Connection"] = "close"
        return headers


def documented(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of a route that may refuse with these statuses."""
    example = {"application/json": {"example": {"error": "one line that says what was wrong"}}}
    return {status: {"description": REASONS[status], "content": example} for status in sorted(statuses)}
