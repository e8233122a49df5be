"""uvicorn's HTTP and WebSocket protocols with the timeouts that uvicorn lacks: for request heads and for closing."""

import asyncio
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from hondo.web.http.refusal import Refusal

_CLOSE_S = 5.0  # after its route has ended, a WebSocket is closed by force


def http_protocol(*, head_seconds: float) -> type[asyncio.Protocol]:
    """HTTP with a time limit for request heads: an incomplete one is answered with 408, an idle connection closed."""
    refusal = Refusal(408, f"the request head did not arrive within {head_seconds:g} s")

    class BoundedHead(H11Protocol):
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._update_timer()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._update_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _update_timer(self) -> None:
            """Runs the timer exactly while a request head is expected."""
            if self.conn.their_state is not h11.IDLE:
                self._stop_timer()
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(head_seconds, self._on_timeout)

        def _stop_timer(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _on_timeout(self) -> None:
            self._head_timer = None
            is_answering = self.cycle is not None and not self.cycle.response_complete
            if self.conn.their_state is h11.IDLE and not is_answering and not self.transport.is_closing():
                if self.conn.trailing_data[0]:
                    self.transport.write(_http_message(refusal))
                self.transport.close()

    return BoundedHead


def _http_message(refusal: Refusal) -> bytes:
    """The refusal as a complete HTTP response, for a request that no route has received."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(refusal.body))} | refusal.headers
    lines = [f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + refusal.body


class BoundedClose(WebSocketsSansIOProtocol):
    """WebSockets that are closed after their route has ended, even if the client does not read."""

    async def run_asgi(self) -> None:
        """Runs the route, then closes the connection within a few seconds."""
        await super().run_asgi()
        self.loop.call_later(_CLOSE_S, self.transport.abort)
