"""uvicorn's HTTP and WebSocket protocols with what uvicorn lacks: time limits for request heads, for sending and for
closing, and mistakes of clients counted instead of logged."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from hondo.web.http.refusal import Refusal

_CLOSE_S = 5.0  # after its route has ended, a WebSocket is closed by force
OnMistake = Callable[[str], object]  # gets the kind of a client's mistake


def http_protocol(*, head_seconds: float, send_seconds: float, on_mistake: OnMistake) -> type[asyncio.Protocol]:
    """HTTP with time limits: for request heads, and for a client to take anything of its answer.

    An incomplete head is answered with 408, an idle connection closed, a client that takes nothing cut off.
    """
    settings = {"head_seconds": head_seconds, "send_seconds": send_seconds, "on_mistake": staticmethod(on_mistake)}
    return type("BoundedHttp", (BoundedHttp,), settings)


class BoundedHttp(H11Protocol):
    """HTTP of a connection whose client may neither send its head nor take its answer too slowly."""

    head_seconds: float
    send_seconds: float
    on_mistake: OnMistake
    _head_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # uvloop's is no asyncio.Transport
        """Waits for the first head."""
        super().connection_made(transport)
        self._update_timer()

    def data_received(self, data: bytes) -> None:
        """Reads; bytes behind the connection's last request are the client's mistake, and do not spoil its answer."""
        if self.conn.their_state in (h11.MUST_CLOSE, h11.CLOSED):
            self.on_mistake("http")
            return
        try:
            super().data_received(data)
        except h11.ProtocolError:  # bytes behind what was no request
            self.on_mistake("http")
            self.transport.close()
        self._update_timer()

    def send_400_response(self, msg: str) -> None:
        """Counts what cannot be read as HTTP, and answers it."""
        self.on_mistake("http")
        super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timers."""
        self._stop_timer()
        self._stop_send_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not take its answer as fast as it comes."""
        super().pause_writing()
        if self._send_timer is None:
            self._watch_sending()

    def resume_writing(self) -> None:
        """The client has taken what was waiting."""
        self._stop_send_timer()
        super().resume_writing()

    def _watch_sending(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._send_timer = self.loop.call_later(self.send_seconds, self._check_sending, waiting)

    def _check_sending(self, waited: int) -> None:
        if self.transport.get_write_buffer_size() < waited:
            self._watch_sending()
        else:
            self.on_mistake("not reading")
            self.transport.abort()

    def _stop_send_timer(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None

    def _update_timer(self) -> None:
        """Runs the timer exactly while a request head is expected."""
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_timeout(self) -> None:
        self._head_timer = None
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self.conn.their_state is h11.IDLE and not is_answering and not self.transport.is_closing():
            if self.conn.trailing_data[0]:
                late = f"the request head did not arrive within {self.head_seconds:g} s"
                self.transport.write(_http_message(Refusal(408, late)))
            self.transport.close()


def _http_message(refusal: Refusal) -> bytes:
    """The refusal as a complete HTTP response, for a request that no route has received."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(refusal.body))} | refusal.headers
    lines = [f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + refusal.body


def websocket_protocol(*, on_mistake: OnMistake) -> type[asyncio.Protocol]:
    """WebSockets that are closed in time, and whose clients' mistakes are counted."""
    return type("BoundedWebSocket", (BoundedWebSocket,), {"on_mistake": staticmethod(on_mistake)})


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that is closed after its route has ended, even if the client does not read."""

    on_mistake: OnMistake

    def data_received(self, data: bytes) -> None:
        """Reads; frames behind the one that closes the connection are the client's mistake."""
        try:
            super().data_received(data)
        except InvalidState:
            self.on_mistake("websocket")
            self.transport.close()

    async def run_asgi(self) -> None:
        """Runs the route, then closes the connection within a few seconds."""
        await super().run_asgi()
        self.loop.call_later(_CLOSE_S, self.transport.abort)

    async def send(self, message: ASGISendEvent) -> None:
        """Sends; a refusal ends the handshake, which uvicorn would report as an error of the service."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.on_mistake("handshake")
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Passes a message on; text that is not UTF-8 ends the connection (RFC 6455, section 8.1)."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(self.frames):
            self.on_mistake("text")
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()


def _is_utf8(pieces: list[bytes]) -> bool:
    try:
        b"".join(pieces).decode()
    except UnicodeDecodeError:
        return False
    return True
