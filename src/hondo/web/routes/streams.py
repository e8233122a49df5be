"""WS /v1/stream: images in, depth out, newest wins."""

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request, WebSocket

from hondo.web.http.refusal import Refusal, documented
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service import Service, client_of, service_of
from hondo.web.sockets.client_stream import ClientStream, StreamOptions
from hondo.web.sockets.websocket import accept, both, in_place, query_options, send

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Binary messages are image files; answers are frames (hondo.web.encode.frame_message) or an error as JSON."""
    await in_place(websocket, _talk)


async def _talk(websocket: WebSocket, service: Service) -> None:
    options = StreamOptions().changed(query_options(websocket))
    await accept(websocket)
    await ClientStream(websocket, service, client=client_of(websocket), options=options).run()


_STATE_S = 0.5  # without a frame for so long, the state of the source is told


@router.get("/v1/live", responses=documented((401, 403, 429)))
async def live_state(request: Request) -> dict[str, Any]:
    """The camera's name and how it is; null where this server has none."""
    camera = service_of(request).camera
    return {"camera": None if camera is None else {"name": camera.name, "stats": camera.stats()}}


@router.websocket("/v1/live")
async def live(websocket: WebSocket) -> None:
    """Frames with image and depth (hondo.web.encode.frame_message), or JSON text with the state while there are none.

    Text messages of the client: {"action": "pause" or "resume"}, {"model": a name from /v1/models}, and with the option
    ``ahead`` {"shown": how many frames it has shown}: no more than ``ahead`` are on their way, so that none queue.
    """
    await in_place(websocket, _talk_live)


async def _talk_live(websocket: WebSocket, service: Service) -> None:
    given = query_options(websocket)
    deflate, most = given.pop("deflate", False), given.pop("ahead", None)
    if given or not isinstance(deflate, bool) or not (most is None or (type(most) is int and most > 0)):
        raise Refusal(400, "a live view has two options: deflate, true or false, and ahead, a number of frames")
    camera = service.camera
    if camera is None:
        raise Refusal(404, "this server has no camera; start it with hondo live SOURCE")
    await accept(websocket)
    ahead = _Ahead(most)
    with camera.watched(deflate=deflate):
        showing = _show(websocket, camera, ahead, deflate=deflate, seconds=service.limits.send_seconds)
        await both(showing, _obey(websocket, service, camera, ahead))


class _Ahead:
    """The frames that a viewer was sent and has not shown: ``most`` at once, None: any number."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._sent = self._shown = 0
        self._changed = asyncio.Event()

    def count_sent(self) -> None:
        self._sent += 1

    def count_shown(self, count: int) -> None:
        self._shown = min(max(self._shown, count), self._sent)
        self._changed.set()

    async def room(self) -> None:
        """Waits until one more may be sent."""
        while self._most is not None and self._sent - self._shown >= self._most:
            self._changed.clear()
            await self._changed.wait()


async def _show(websocket: WebSocket, camera: ServerCamera, ahead: _Ahead, *, deflate: bool, seconds: float) -> None:
    seen = 0
    while True:
        await ahead.room()
        newest = await camera.next(seen, deflate=deflate, timeout_s=_STATE_S)
        if newest is None:
            await send(websocket, json.dumps({"stats": camera.stats()}, default=str), seconds=seconds)
        else:
            seen = newest[0]
            ahead.count_sent()
            await send(websocket, newest[1], seconds=seconds)


async def _obey(websocket: WebSocket, service: Service, camera: ServerCamera, ahead: _Ahead) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            await _command(message.get("text"), service, camera, ahead)
        except Refusal as refusal:
            error = json.dumps({"status": refusal.status, "error": refusal.reason})
            await send(websocket, error, seconds=service.limits.send_seconds)


async def _command(text: str | None, service: Service, camera: ServerCamera, ahead: _Ahead) -> None:
    try:
        given = json.loads(text or "")
    except json.JSONDecodeError:
        given = None
    match given:
        case {"action": "pause"}:
            camera.stream.pause()
        case {"action": "resume"}:
            camera.stream.resume()
        case {"shown": int(count)}:
            ahead.count_shown(count)
        case {"model": str(name)}:
            camera.stream.set_predictor(await service.models.get(name, pool=service.pool))
        case _:
            allowed = '{"action": "pause" or "resume"}, {"model": a name} or {"shown": a number}'
            raise Refusal(400, f"a message must be {allowed}, as text")
