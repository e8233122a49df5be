"""One viewer of the server camera: receives frames or its state, and may pause, seek or change the model."""

import asyncio
import json
from dataclasses import asdict

from starlette.websockets import WebSocket

from hondo.core.errors import HondoError
from hondo.core.text_file import load_json
from hondo.video.live.live_stream import Stream
from hondo.web.http.refusal import Refusal
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service import Service
from hondo.web.sockets.websocket import run_until_first, send, send_refusal

_STATE_S = 0.5  # if no frame arrives for this long, the state of the camera is sent


class LiveView:
    """An accepted WebSocket of a viewer.

    ``ahead`` bounds the frames that are sent but not yet shown, so that none queue in the network; None: no bound.
    """

    def __init__(
        self, websocket: WebSocket, service: Service, camera: ServerCamera, *, deflate: bool, ahead: int | None
    ) -> None:
        self._websocket, self._service, self._camera = websocket, service, camera
        self._deflate, self._ahead = deflate, ahead
        self._sent = self._shown = 0
        self._shown_changed = asyncio.Event()

    async def run(self) -> None:
        """Sends and receives concurrently, until the viewer disconnects or stops receiving."""
        with self._camera.messages.subscribed(deflate=self._deflate):
            await run_until_first(self._send_frames(), self._receive_commands())

    async def _send_frames(self) -> None:
        number = 0
        while True:
            while self._ahead is not None and self._sent - self._shown >= self._ahead:
                self._shown_changed.clear()
                await self._shown_changed.wait()
            newest = await self._camera.messages.next(after=number, deflate=self._deflate, timeout_s=_STATE_S)
            if newest is None:
                message = json.dumps({"stats": asdict(self._camera.stream.stats())}, default=str)
            else:
                number, message = newest
                self._sent += 1
            await send(self._websocket, message, seconds=self._service.limits.send_seconds)

    async def _receive_commands(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                await self._run_command(message.get("text"))
            except Refusal as refusal:
                await send_refusal(self._websocket, refusal, seconds=self._service.limits.send_seconds)

    async def _run_command(self, text: str | None) -> None:
        try:
            given = load_json(text or "", name="the message")
        except HondoError:
            given = None
        stream, service = self._camera.stream, self._service
        match given:
            case {"action": "pause"}:
                stream.pause()
            case {"action": "resume"}:
                stream.resume()
            case {"shown": int(count)}:
                self._shown = min(max(self._shown, count), self._sent)
                self._shown_changed.set()
            case {"action": "seek", "time_s": int(time_s) | float(time_s)} if not isinstance(time_s, bool):
                _seek(stream, time_s)
            case {"model": str(name)}:
                stream.set_predictor(await service.models.get(name, pool=service.pool, any_size=True))
            case _:
                allowed = (
                    '{"action": "pause" or "resume"}, {"action": "seek", "time_s": a number}, '
                    '{"model": a name} or {"shown": a number}'
                )
                raise Refusal(400, f"a message must be {allowed}, as text")


def _seek(stream: Stream, time_s: float) -> None:
    try:
        stream.seek(time_s)
    except HondoError as error:
        raise Refusal(400, str(error)) from error
