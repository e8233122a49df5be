"""What all routes share: the models, the one engine, the limits, and the way from an image's bytes to its depth."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from starlette.requests import HTTPConnection

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthMap, Predictor, Prepared, Size
from hondo.images.read import image_size, read_image
from hondo.web.encode.frame_message import fitted
from hondo.web.http.refusal import Refusal
from hondo.web.inference.served_models import WEBCAM_HW, ServedModels
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service_metrics import Metrics
from hondo.web.inference.shared_engine import SharedEngine
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits, PixelBudget, Places, Rate

T = TypeVar("T")
_log = logging.getLogger(__name__)
_POOL = 4  # threads that decode and encode: OpenCV, zlib and NumPy let go of the interpreter's lock

# The camera of an image of this size; None where it is not known.
CameraOf = Callable[[Size], Camera | None]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A depth map, who made it, and how long it took from the decoded image on (milliseconds, waiting included)."""

    depth_map: DepthMap
    predictor: Predictor
    model: str
    image_hw: Size  # of the image; the map may be smaller
    network_hw: Size
    milliseconds: float


class Service:
    """One process's service; routes find it with ``service_of``."""

    def __init__(
        self,
        models: ServedModels,
        *,
        access: Access,
        limits: Limits | None = None,
        batch: int | None = None,
        camera: ServerCamera | None = None,
    ) -> None:
        self.camera = camera
        self.models, self.access, self.limits = models, access, limits or Limits()
        limits = self.limits
        self.metrics = Metrics()
        self.rate = Rate(per_s=limits.rate_per_s, burst=limits.burst)
        self.requests = Places("requests", total=limits.requests, per_client=limits.requests_per_client)
        self.streams = Places("streams", total=limits.streams, per_client=limits.streams_per_client)
        self.pixels = PixelBudget(1e6 * limits.megapixels_at_once)
        self.pool = ThreadPoolExecutor(max_workers=_POOL, thread_name_prefix="hondo-images")
        self.engine = SharedEngine(
            waiting=limits.waiting, batch_s=limits.batch_ms / 1000, metrics=self.metrics, batch=batch
        )
        self.is_ready = False
        self._why_not = "the service is starting or stopping; come again in a second"
        self.metrics.gauge("hondo_queue_waiting", "Images that wait for the engine.", lambda: self.engine.waiting)
        self.metrics.gauge("hondo_streams", "Open WebSockets.", lambda: len(self.streams))
        self.metrics.gauge(
            "hondo_tasks", "Tasks of the event loop, which answers this.", lambda: len(asyncio.all_tasks())
        )

    def begin(self) -> None:
        """Gets ready while the server answers already; for the server's own loop."""
        self._starting = asyncio.create_task(self.start())

    async def start(self) -> None:
        """Compiles what is used most and starts the camera; then the service is ready."""
        try:
            predictor = await self.models.get(None, pool=self.pool)
            await self.in_pool(predictor.warm, WEBCAM_HW)
        except Exception as error:  # whatever an engine raises when it compiles: /readyz tells it
            _log.exception("%s cannot be made ready", self.models.default)
            self._why_not = f"the model cannot be made ready ({type(error).__name__}); the service's log tells more"
            return
        if self.camera is not None:
            self.camera.begin()
        self.is_ready = True

    async def stop(self) -> None:
        """Lets running work end."""
        self._starting.cancel()
        self.is_ready = False
        if self.camera is not None:
            await asyncio.to_thread(self.camera.stop)
        await asyncio.get_running_loop().run_in_executor(None, self.engine.close)
        self.pool.shutdown(wait=True)
        self.models.close()

    async def in_pool(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: call(*arguments))

    def check_ready(self) -> None:
        if not self.is_ready:
            raise Refusal(503, self._why_not, retry_after_s=1)

    async def predict(
        self,
        encoded: bytes,
        *,
        client: str,
        then: Callable[[Prediction], T],
        model: str | None = None,
        camera_of: CameraOf = lambda size_hw: None,
        with_colors: bool = False,
        side: int | None = None,
    ) -> T:
        """``then`` of the image's prediction, in the pool.

        ``with_colors`` keeps the image in the depth map; ``side`` bounds the longer side of the map, in pixels.
        """
        self.check_ready()
        predictor = await self.models.get(model, pool=self.pool)
        size_hw = await self.in_pool(self._checked_size, encoded)
        async with self.pixels.held(size_hw[0] * size_hw[1]):
            start = perf_counter()
            prepared = await self.in_pool(
                lambda: self._prepare(encoded, predictor, camera_of=camera_of, keep_image=with_colors)
            )
            raw = await asyncio.wrap_future(self.engine.submit(predictor, prepared.network_input, client=client))

            def last() -> T:
                map_hw = None if side is None else fitted(size_hw, side=side)
                prediction = Prediction(
                    depth_map=predictor.finish(prepared, raw, size_hw=map_hw), predictor=predictor,
                    model=model or self.models.default, image_hw=size_hw,
                    network_hw=predictor.network_size(size_hw), milliseconds=1000 * (perf_counter() - start),
                )  # fmt: skip
                return then(prediction)

            try:
                return await self.in_pool(last)
            except HondoError as error:
                raise Refusal(422, str(error)) from error

    def _checked_size(self, encoded: bytes) -> Size:
        try:
            height, width = image_size(encoded)
        except HondoError as error:
            raise Refusal(415, str(error)) from error
        if height * width > 1e6 * self.limits.megapixels:
            raise Refusal(413, f"the image has {height * width / 1e6:.4g} megapixels, over {self.limits.megapixels:g}")
        return height, width

    def _prepare(self, encoded: bytes, predictor: Predictor, *, camera_of: CameraOf, keep_image: bool) -> Prepared:
        try:
            image = read_image(encoded, max_megapixels=self.limits.megapixels)
        except HondoError as error:
            raise Refusal(415, str(error)) from error
        try:
            camera = camera_of((image.shape[0], image.shape[1]))
            return predictor.prepare(image, camera=camera, keep_image=keep_image)
        except HondoError as error:
            raise Refusal(422, str(error)) from error


def service_of(connection: HTTPConnection) -> Service:
    return connection.app.state.service


def client_of(connection: HTTPConnection) -> str:
    """The client's name, as the gate found it."""
    return connection.scope["state"]["client_name"]
