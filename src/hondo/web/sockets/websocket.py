"""Functions that both WebSocket routes use: handshake with refusals, sending with a time limit, query options."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Service, client_of, service_of
from hondo.web.security.access import SUBPROTOCOL


async def run_stream(websocket: WebSocket, talk: Callable[[WebSocket, Service], Awaitable[None]]) -> None:
    """Runs a stream within the limit on streams. A refusal before ``accept`` becomes the handshake's response."""
    service = service_of(websocket)
    try:
        service.check_ready()
        with service.streams.hold(client_of(websocket)):
            await talk(websocket, service)
    except Refusal as refusal:
        await websocket.send_denial_response(refusal.response())
    except WebSocketDisconnect:
        return


async def accept(websocket: WebSocket) -> None:
    """Completes the handshake."""
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)


async def send(websocket: WebSocket, message: str | bytes, *, seconds: float) -> None:
    """Sends a message; ends the stream if the client does not receive it within ``seconds``."""
    try:
        async with asyncio.timeout(seconds):
            await (websocket.send_bytes(message) if isinstance(message, bytes) else websocket.send_text(message))
    except TimeoutError:
        raise WebSocketDisconnect(1001, "the client stopped receiving") from None
    except RuntimeError:  # of Starlette and uvicorn: the connection was closed meanwhile
        raise WebSocketDisconnect(1001, "the client closed the connection") from None


async def send_refusal(websocket: WebSocket, refusal: Refusal, *, seconds: float, **fields: int) -> None:
    """Sends a refusal as JSON text; the stream goes on."""
    text = json.dumps({**fields, "status": refusal.status, "error": refusal.reason})
    await send(websocket, text, seconds=seconds)


async def run_until_first(*coroutines: Awaitable[None]) -> None:
    """Runs coroutines together until the first of them ends, and cancels the others."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # raises the exception that ended it


def query_options(websocket: WebSocket) -> dict[str, object]:
    """The options in the address; numbers, true and false as such, the others as text."""
    literals: dict[str, object] = {"true": True, "false": False}
    return {
        name: literals[text] if text in literals else int(text) if re.fullmatch("[0-9]{1,6}", text) else text
        for name, text in websocket.query_params.items()
    }
