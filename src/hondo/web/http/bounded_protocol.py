"""uvicorn's two protocols with bounds of ours: it lets a half-sent head, and a reader that stopped, stay for ever."""

import asyncio
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from hondo.web.http.refusal import Refusal

_CLOSE_S = 5.0  # after which a WebSocket that does not take what is left is cut


def http_protocol(*, head_seconds: float) -> type[asyncio.Protocol]:
    """HTTP, where the head of a request must come within ``head_seconds``: else 408, or nothing where nothing came."""
    refusal = Refusal(408, f"the head did not come within {head_seconds:g} s")

    class BoundedHead(H11Protocol):
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch()
            super().connection_lost(exc)

        def _watch(self) -> None:
            """The timer runs exactly while a head is awaited."""
            if self.conn.their_state is not h11.IDLE:
                self._unwatch()
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(head_seconds, self._too_slow)

        def _unwatch(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _too_slow(self) -> None:
            self._head_timer = None
            is_answering = self.cycle is not None and not self.cycle.response_complete
            if self.conn.their_state is h11.IDLE and not is_answering and not self.transport.is_closing():
                if self.conn.trailing_data[0]:
                    self.transport.write(_whole(refusal))
                self.transport.close()

    return BoundedHead


def _whole(refusal: Refusal) -> bytes:
    """The refusal as HTTP, for a request that no route can answer."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(refusal.body))} | refusal.headers
    lines = [f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + refusal.body


class BoundedClose(WebSocketsSansIOProtocol):
    """WebSockets that end when their route does, be there a reader or not."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(_CLOSE_S, self.transport.abort)
