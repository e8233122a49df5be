"""The state that all routes share, and the path of an image: decode, prepare, run on the shared engine, finish."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TypeVar

import numpy as np
from jaxtyping import UInt8
from starlette.requests import HTTPConnection

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor, Prepared
from hondo.core.types import Camera, DepthMap, Size
from hondo.images.read import image_size, read_image
from hondo.web.encode.frame_message import fit_size
from hondo.web.http.refusal import Refusal
from hondo.web.inference.served_models import WEBCAM_HW, ServedModels
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service_metrics import Metrics
from hondo.web.inference.shared_engine import SharedEngine
from hondo.web.security.access import Access
from hondo.web.security.limits import AnswerBudget, ConcurrencyLimit, Limits, PixelBudget, RateLimit

T = TypeVar("T")
_log = logging.getLogger(__name__)
_POOL_THREADS = 4  # for decoding and encoding: OpenCV, zlib and NumPy release the interpreter lock

# The camera of an image of this size; None: not known.
CameraOf = Callable[[Size], Camera | None]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A depth map with the facts that responses state."""

    depth_map: DepthMap
    predictor: Predictor
    model: str
    image_hw: Size  # of the image; the map may be smaller
    network_hw: Size
    milliseconds: float  # from the decoded image to the depth map, including the time in the queue


class Service:
    """The service of one process; routes get it by ``service_of``."""

    def __init__(
        self,
        models: ServedModels,
        *,
        access: Access,
        limits: Limits | None = None,
        batch: int | None = None,
        camera: ServerCamera | None = None,
    ) -> None:
        limits = limits or Limits()
        self.models, self.access, self.limits, self.camera = models, access, limits, camera
        self.metrics = Metrics()
        self.rate = RateLimit(per_s=limits.rate_per_s, burst=limits.burst)
        self.requests = ConcurrencyLimit("requests", total=limits.requests, per_client=limits.requests_per_client)
        self.streams = ConcurrencyLimit("streams", total=limits.streams, per_client=limits.streams_per_client)
        self.pixels = PixelBudget(1e6 * limits.megapixels_at_once)
        self.answers = AnswerBudget(limits.answer_bytes)
        self.pool = ThreadPoolExecutor(max_workers=_POOL_THREADS, thread_name_prefix="hondo-images")
        self.engine = SharedEngine(
            waiting=limits.waiting, batch_s=limits.batch_ms / 1000, metrics=self.metrics, batch=batch
        )
        self.is_ready = False
        self._not_ready_reason = "the service is starting or stopping; retry in a second"
        self.metrics.add_gauge("hondo_queue_waiting", "Images waiting for the engine.", lambda: self.engine.waiting)
        self.metrics.add_gauge("hondo_answer_bytes", "Bytes of answers that wait.", lambda: self.answers.held)
        self.metrics.add_gauge("hondo_streams", "Open WebSockets.", lambda: len(self.streams))
        self.metrics.add_gauge("hondo_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))

    def begin(self) -> None:
        """Starts up in the background of the event loop, while the server already responds."""
        self._startup = asyncio.create_task(self._start())

    async def _start(self) -> None:
        """Compiles the default model for the most common size and starts the camera."""
        try:
            predictor = await self.models.get(None, pool=self.pool)
            await self.run_in_pool(predictor.warm, WEBCAM_HW)
        except Exception as error:  # any error of an engine; reported by /readyz
            _log.exception("%s cannot be loaded", self.models.default)
            self._not_ready_reason = f"the model cannot be loaded ({type(error).__name__}); see the server log"
            return
        if self.camera is not None:
            self.camera.begin()
        self.is_ready = True

    async def stop(self) -> None:
        """Finishes what is running and frees the models."""
        self._startup.cancel()
        self.is_ready = False
        if self.camera is not None:
            await asyncio.to_thread(self.camera.stop)
        await asyncio.to_thread(self.engine.close)
        self.pool.shutdown(wait=True)
        self.models.close()

    async def run_in_pool(self, call: Callable[..., T], *arguments: object) -> T:
        """Runs the call in a thread for decoding and encoding."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, call, *arguments)

    def check_ready(self) -> None:
        """Refuses with 503 while the service starts or stops."""
        if not self.is_ready:
            raise Refusal(503, self._not_ready_reason, retry_after_s=1)

    @asynccontextmanager
    async def predict(
        self,
        encoded: bytes,
        *,
        client: str,
        model: str | None = None,
        camera_of: CameraOf = lambda size_hw: None,
        keep_image: bool = False,
        max_side: int | None = None,
    ) -> AsyncIterator[Prediction]:
        """The prediction of an image file; its memory counts as used until the block ends.

        ``keep_image`` keeps the image in the depth map; ``max_side`` limits the longer side of the map in pixels. A
        HondoError, also of the block, is refused with 422.
        """
        self.check_ready()
        predictor = await self.models.get(model, pool=self.pool)
        image_hw = await self.run_in_pool(self._checked_size, encoded)
        try:
            async with self.pixels.hold(image_hw[0] * image_hw[1]):
                start = perf_counter()
                prepare = partial(predictor.prepare, camera=camera_of(image_hw), keep_image=keep_image)
                prepared = await self.run_in_pool(self._prepare, encoded, prepare)
                raw = await asyncio.wrap_future(self.engine.submit(predictor, prepared.network_input, client=client))
                map_hw = None if max_side is None else fit_size(image_hw, max_side=max_side)
                depth_map = await self.run_in_pool(partial(predictor.finish, prepared, raw, size_hw=map_hw))
                yield Prediction(
                    depth_map=depth_map, predictor=predictor, model=model or self.models.default, image_hw=image_hw,
                    network_hw=predictor.network_size(image_hw), milliseconds=1000 * (perf_counter() - start),
                )  # fmt: skip
        except HondoError as error:
            raise Refusal(422, str(error)) from error

    def _checked_size(self, encoded: bytes) -> Size:
        """The size in the header of the image file."""
        try:
            height, width = image_size(encoded)
        except HondoError as error:
            raise Refusal(415, str(error)) from error
        if height * width > 1e6 * self.limits.megapixels:
            stated = f"{height * width / 1e6:.4g} megapixels"
            raise Refusal(413, f"the image has {stated}; at most {self.limits.megapixels:g} are allowed")
        return height, width

    def _prepare(self, encoded: bytes, prepare: Callable[[UInt8[np.ndarray, "h w 3"]], Prepared]) -> Prepared:
        try:
            image = read_image(encoded, max_megapixels=self.limits.megapixels)
        except HondoError as error:
            raise Refusal(415, str(error)) from error
        return prepare(image)


def service_of(connection: HTTPConnection) -> Service:
    """The service of the application that received the request."""
    return connection.app.state.service


def client_of(connection: HTTPConnection) -> str:
    """The client's name, set by the gate."""
    return connection.scope["state"]["client_name"]
