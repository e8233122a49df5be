"""One client's stream of frames: images in, depth out, the newest image wins, nothing waits for a slow client."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket

from hondo.data.datasets.intrinsics import assumed_camera
from hondo.images.colour import SteadyRange
from hondo.web.encode.frame_message import MAX_SIDE, FrameFacts, encode_frame
from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Prediction, Service
from hondo.web.sockets.websocket import both, send

_LARGEST_SIDE = 4096


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """What a client may choose, in the address and again in text messages."""

    model: str | None = None
    side: int = MAX_SIDE  # pixels of the longer side of the depth
    deflate: bool = False  # compresses the depth: for slow networks

    def changed(self, given: dict[str, Any]) -> "StreamOptions":
        """With what is given replaced, its values checked; unknown names are refused."""
        unknown = given.keys() - {"model", "side", "deflate"}
        if unknown:
            raise Refusal(400, f"unknown option '{min(unknown)[:40]}'; a stream has model, side and deflate")
        model, side, deflate = (given.get(name, getattr(self, name)) for name in ("model", "side", "deflate"))
        if model is not None and not isinstance(model, str):
            raise Refusal(400, "model must be a name from /v1/models")
        if type(side) is not int or not 16 <= side <= _LARGEST_SIDE:
            raise Refusal(400, f"side must be 16 to {_LARGEST_SIDE} pixels")
        if not isinstance(deflate, bool):
            raise Refusal(400, "deflate must be true or false")
        return StreamOptions(model=model, side=side, deflate=deflate)


class ClientStream:
    """A WebSocket that is accepted, served until either side ends it."""

    def __init__(self, websocket: WebSocket, service: Service, *, client: str, options: StreamOptions) -> None:
        self._websocket, self._service, self._client, self._options = websocket, service, client, options
        self._newest: tuple[int, float, bytes] | None = None  # number, when it came, image
        self._came = asyncio.Event()
        self._numbers = self._dropped = 0
        self._range = SteadyRange()

    async def run(self) -> None:
        """Reads and answers at once; ends when the client goes or takes nothing for too long."""
        await both(self._read(), self._answer())

    async def _read(self) -> None:
        """Puts each image into the one place; an older one that is still there is dropped and counted."""
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (image := message.get("bytes")) is not None:
                if self._newest is not None:
                    self._drop()
                self._newest = (self._numbers, time.monotonic(), image)
                self._numbers += 1
                self._came.set()
            elif message.get("text") is not None:
                await self._set_options(message["text"])

    async def _answer(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            assert self._newest is not None
            number, came_at, image = self._newest
            self._newest = None
            try:
                message = await self._predict(number, came_at, image)
            except Refusal as refusal:
                if refusal.status == 429:  # the service is busy: this frame is one more that was too much
                    self._drop()
                else:
                    self._service.metrics.frames.add(fate="failed")
                    await self._send(json.dumps({"number": number, "status": refusal.status, "error": refusal.reason}))
                continue
            await self._send(message)
            self._service.metrics.frames.add(fate="answered")

    async def _predict(self, number: int, came_at: float, image: bytes) -> bytes:
        options = self._options

        def message(prediction: Prediction) -> bytes:
            facts = FrameFacts(
                number=number, model=prediction.model, image_hw=prediction.image_hw,
                near_far=self._range(prediction.depth_map), since=came_at, dropped=self._dropped,
            )  # fmt: skip
            return encode_frame(prediction.depth_map, facts, image=None, deflate=options.deflate)

        return await self._service.predict(
            image, client=self._client, model=options.model, side=options.side, then=message,
            camera_of=assumed_camera,
        )  # fmt: skip

    async def _set_options(self, text: str) -> None:
        try:
            given = json.loads(text)
            if not isinstance(given, dict):
                raise Refusal(400, "a text message must be a JSON object of options")
            options = self._options.changed(given)
        except json.JSONDecodeError:
            await self._tell(Refusal(400, "a text message must be a JSON object of options"))
        except Refusal as refusal:
            await self._tell(refusal)
        else:
            if options.model != self._options.model:
                self._range = SteadyRange()
            self._options = options

    async def _tell(self, refusal: Refusal) -> None:
        await self._send(json.dumps({"status": refusal.status, "error": refusal.reason}))

    async def _send(self, message: str | bytes) -> None:
        await send(self._websocket, message, seconds=self._service.limits.send_seconds)

    def _drop(self) -> None:
        self._dropped += 1
        self._service.metrics.frames.add(fate="dropped")
