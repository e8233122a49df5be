"""What the WebSocket routes share: the handshake with its refusals, and sending with a bound in time."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Service, client_of, service_of
from hondo.web.security.access import SUBPROTOCOL

Given = dict[str, object]  # options by name, as the values they are in JSON


async def in_place(websocket: WebSocket, talk: Callable[[WebSocket, Service], Awaitable[None]]) -> None:
    """Talks while it holds one of the places for streams; a refusal before ``accept`` answers the handshake."""
    service = service_of(websocket)
    try:
        service.check_ready()
        with service.streams.one(client_of(websocket)):
            await talk(websocket, service)
    except Refusal as refusal:
        answer = Response(refusal.body, refusal.status, headers=refusal.headers, media_type="application/json")
        await websocket.send_denial_response(answer)
    except WebSocketDisconnect:
        return


async def accept(websocket: WebSocket) -> None:
    offered = websocket.scope.get("subprotocols", [])
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)


async def send(websocket: WebSocket, message: str | bytes, *, seconds: float) -> None:
    """Sends, or ends the stream where the client has not taken the last message in that time."""
    try:
        async with asyncio.timeout(seconds):
            if isinstance(message, bytes):
                await websocket.send_bytes(message)
            else:
                await websocket.send_text(message)
    except TimeoutError:
        raise WebSocketDisconnect(1001, "the client took nothing for too long") from None


async def both(*jobs) -> None:
    """Runs coroutines together until the first of them ends, and then none."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # raises what ended it


def query_options(websocket: WebSocket) -> Given:
    """The options in the address, numbers and truth values as what they are; the rest as text."""
    words: Given = {"true": True, "false": False}
    return {
        name: words[text] if text in words else int(text) if text.isdigit() and len(text) < 7 else text
        for name, text in websocket.query_params.items()
    }
