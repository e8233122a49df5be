"""ASGI middleware in front of every route, HTTP and WebSocket: access, request rate, security headers, metrics."""

import time
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hondo.web.http.refusal import Refusal
from hondo.web.security.access import check_access
from hondo.web.security.limits import client_name

if TYPE_CHECKING:
    from hondo.web.inference.service import Service

# Paths that require no token: the files of the page and of the documentation, which hold no secret; health checks.
OPEN_PATHS = ("/", "/healthz", "/readyz", "/favicon.ico", "/docs", "/openapi.json")
OPEN_FOLDERS = ("/static/", "/docs/")
_UNLIMITED_PATHS = ("/healthz", "/readyz")  # not subject to the rate limit: a supervisor must always be answered

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; "
        b"connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)


class Gate:
    """The middleware; a refused WebSocket receives the refusal as the response to its handshake."""

    def __init__(self, app: ASGIApp, service: "Service") -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks the request, passes it on, and counts it."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        start, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            self._check(scope)
        except Refusal as refusal:
            await refusal.response()(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._count(scope, status, seconds=time.perf_counter() - start)

    def _check(self, scope: Scope) -> None:
        path, service = scope["path"], self._service
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = client_name(scope["client"][0]) if scope.get("client") else "unknown"
        scope.setdefault("state", {})["client_name"] = client
        if path not in _UNLIMITED_PATHS and (wait_s := service.rate.wait_s(client)):
            raise Refusal(429, "too many requests; slow down", retry_after_s=wait_s)
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
        check_access(service.access, headers, is_open=is_open)

    def _count(self, scope: Scope, status: int, *, seconds: float) -> None:
        route, metrics = getattr(scope.get("route"), "path", "other"), self._service.metrics
        metrics.requests.labels(route=route, status=str(status or 500)).inc()
        if scope["type"] == "http":
            metrics.seconds.labels(route=route).observe(seconds)
