"""Servers for the tests: the real application on a real socket, with a network that is one line of arithmetic."""

import io
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor, Run
from hondo.video.live.live_stream import Stream
from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import Load, ServedModels
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service import Service
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits

SPEC = InputSpec(size_hw=(64, 64), multiple_of=32)


def brightness(image: np.ndarray) -> np.ndarray:
    """Bright is near: 0.1 to 1."""
    return 0.1 + 0.9 * image.mean(axis=1, keepdims=True)


def predictor(
    run: Run = brightness, *, kind: DepthKind = DepthKind.SCALED_INVERSE_DEPTH, name: str = "tiny"
) -> NetworkPredictor:
    return NetworkPredictor(name=name, kind=kind, input_spec=SPEC, network=run, engine="numpy", precision="fp32")


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that answers."""

    service: Service
    port: int
    stop: Callable[[], None]  # what SIGTERM does

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def frames(self, fate: str) -> float | None:
        """How many frames of streams have had this fate."""
        return self.service.metrics.registry.get_sample_value("hondo_stream_frames_total", {"fate": fate})

    def client(self, **options) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False, **options)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def running(
    run: Run = brightness,
    *,
    kind: DepthKind = DepthKind.SCALED_INVERSE_DEPTH,
    access: Access | None = None,
    limits: Limits | None = None,
    models: tuple[str, ...] = ("tiny",),
    load: Load | None = None,
    batch: int | None = None,
    camera: ServerCamera | None = None,
    port: int = 0,
) -> Iterator[Running]:
    served = ServedModels(models, load=load or (lambda name: predictor(run, kind=kind, name=name)))
    service = Service(served, access=access or Access(), limits=limits, batch=batch, camera=camera)
    with bound("127.0.0.1", port) as listening:
        server = make_server(service)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: service.is_ready)
            yield Running(
                service=service, port=listening.getsockname()[1], stop=lambda: server.handle_exit(signal.SIGTERM, None)
            )  # fmt: skip
        finally:
            server.should_exit = True
            thread.join(timeout=30)
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """One with the usual limits, for tests that only ask."""
    with running() as started:
        yield started


@pytest.fixture
def serving() -> Iterator[Callable[..., Running]]:
    """Starts servers with options of their own."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(running(*arguments, **options))


@pytest.fixture(scope="session")
def run_server() -> Callable[..., AbstractContextManager[Running]]:
    """A server that a test ends itself."""
    return running


def wait_until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def image() -> Callable[..., bytes]:
    return image_file


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture(scope="session")
def tiny() -> Callable[..., NetworkPredictor]:
    return predictor


def image_file(size_hw=(48, 64), *, form: str = "PNG", seed: int = 0) -> bytes:
    """An image file: dark above, bright below, a little noise."""
    rows = np.linspace(0, 255, size_hw[0])[:, None, None] * np.ones((1, size_hw[1], 3))
    noise = np.random.default_rng(seed).normal(0, 4, rows.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(rows + noise, 0, 255).astype(np.uint8)).save(buffer, form)
    return buffer.getvalue()


@pytest.fixture
def camera(tmp_path: Path, tiny) -> ServerCamera:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64, 3), 50 * number + 20, np.uint8))
    return ServerCamera(Stream(str(tmp_path), tiny(), loop=True, folder_fps=50), name="folder")
