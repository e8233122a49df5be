"""The stream of one client: images in, depth out. The newest image wins; a slow client never delays the others."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket

from hondo.core.errors import HondoError
from hondo.core.text_file import load_object
from hondo.data.datasets.intrinsics import assumed_camera
from hondo.images.colour import SteadyRange
from hondo.web.encode.frame_message import MAX_SIDE, FrameFacts, encode_frame
from hondo.web.http.refusal import Refusal
from hondo.web.inference.service import Prediction, Service
from hondo.web.sockets.websocket import run_until_first, send, send_refusal

_LARGEST_SIDE = 4096


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """Options of a client, in the address and later in text messages."""

    model: str | None = None
    side: int = MAX_SIDE  # longer side of the depth in pixels
    deflate: bool = False  # compress the depth, for slow networks
    every: bool = False  # answer every image, and read the next one only then; else the newest wins

    def updated(self, given: dict[str, Any]) -> "StreamOptions":
        """A copy with the given options, whose values are checked; unknown names are refused."""
        unknown = given.keys() - vars(self).keys()
        if unknown:
            raise Refusal(400, f"unknown option '{min(unknown)[:40]}'; the options are {', '.join(vars(self))}")
        model, side, deflate, every = (given.get(name, value) for name, value in vars(self).items())
        if model is not None and not isinstance(model, str):
            raise Refusal(400, "model must be a name from /v1/models")
        if type(side) is not int or not 16 <= side <= _LARGEST_SIDE:
            raise Refusal(400, f"side must be an integer from 16 to {_LARGEST_SIDE} (pixels)")
        if not isinstance(deflate, bool) or not isinstance(every, bool):
            raise Refusal(400, "deflate and every must be true or false")
        return StreamOptions(model=model, side=side, deflate=deflate, every=every)


@dataclass(frozen=True, kw_only=True)
class _Received:
    """An encoded image from the client."""

    number: int
    at: float  # time.monotonic of its arrival
    image: bytes


class ClientStream:
    """An accepted WebSocket, served until either side closes it."""

    def __init__(self, websocket: WebSocket, service: Service, *, client: str, options: StreamOptions) -> None:
        self._websocket, self._service, self._client, self._options = websocket, service, client, options
        self._newest: _Received | None = None
        self._arrived, self._taken = asyncio.Event(), asyncio.Event()
        self._received = self._dropped = 0
        self._range = SteadyRange()

    async def run(self) -> None:
        """Receives and answers concurrently, until the client disconnects or stops receiving."""
        await run_until_first(self._receive(), self._answer())

    async def _receive(self) -> None:
        """Keeps the newest image: an older one that still waits is dropped and counted, or awaited with ``every``."""
        while True:
            while self._options.every and self._newest is not None:
                self._taken.clear()
                await self._taken.wait()
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (image := message.get("bytes")) is not None:
                if self._newest is not None:
                    self._count_dropped()
                self._newest = _Received(number=self._received, at=time.monotonic(), image=image)
                self._received += 1
                self._arrived.set()
            elif message.get("text") is not None:
                await self._set_options(message["text"])

    async def _answer(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            assert self._newest is not None
            received, self._newest = self._newest, None
            self._taken.set()
            try:
                message = await self._predict(received)
            except Refusal as refusal:
                if refusal.status == 429 and not self._options.every:  # the service is busy
                    self._count_dropped()
                else:
                    self._service.metrics.frames.labels(fate="failed").inc()
                    await self._send_refusal(refusal, number=received.number)
                continue
            await send(self._websocket, message, seconds=self._service.limits.send_seconds)
            self._service.metrics.frames.labels(fate="answered").inc()

    async def _predict(self, received: _Received) -> bytes:
        options = self._options
        async with self._service.predict(
            received.image, client=self._client, model=options.model, max_side=options.side, camera_of=assumed_camera
        ) as prediction:
            return await self._service.run_in_pool(self._encode, prediction, received, options.deflate)

    def _encode(self, prediction: Prediction, received: _Received, deflate: bool) -> bytes:
        facts = FrameFacts(
            number=received.number, model=prediction.model, image_hw=prediction.image_hw,
            near_far=self._range(prediction.depth_map), since=received.at, dropped=self._dropped,
        )  # fmt: skip
        return encode_frame(prediction.depth_map, facts, image=None, deflate=deflate)

    async def _set_options(self, text: str) -> None:
        try:
            options = self._options.updated(load_object(text, name="the message"))
        except HondoError:
            await self._send_refusal(Refusal(400, "a text message must be a JSON object of options"))
        except Refusal as refusal:
            await self._send_refusal(refusal)
        else:
            if options.model != self._options.model:
                self._range = SteadyRange()
            self._options = options

    async def _send_refusal(self, refusal: Refusal, **fields: int) -> None:
        await send_refusal(self._websocket, refusal, seconds=self._service.limits.send_seconds, **fields)

    def _count_dropped(self) -> None:
        self._dropped += 1
        self._service.metrics.frames.labels(fate="dropped").inc()
