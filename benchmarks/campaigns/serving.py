"""A server inside this process, for campaigns: the real application on a real socket, with a network of arithmetic.

A heartbeat in its event loop measures stalls, and connections that leave this machine are counted.
"""

import asyncio
import io
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.web.http.server import bound, make_server
from hondo.web.inference.served_models import ServedModels
from hondo.web.inference.service import Service
from hondo.web.security.access import Access
from hondo.web.security.limits import Limits

BEAT_S = 0.01


def brightness(image: np.ndarray) -> np.ndarray:
    """Bright is near: 0.1 to 1."""
    return 0.1 + 0.9 * image.mean(axis=1, keepdims=True)


def predictor(name: str) -> NetworkPredictor:
    spec = InputSpec(size_hw=(64, 64), multiple_of=32)
    kind = DepthKind.SCALED_INVERSE_DEPTH
    return NetworkPredictor(name=name, kind=kind, input_spec=spec, network=brightness, engine="numpy", precision="fp32")


@dataclass(kw_only=True)
class Running:
    """A server that answers, the longest stall of its event loop, and connections that left the machine.

    ``stall_cpu_s``: what the loop itself computed in one go, which does not depend on who else uses the machine.
    """

    service: Service
    port: int
    stall_s: float = 0.0
    stall_cpu_s: float = 0.0
    left: list[str] = field(default_factory=list)

    def connect(self, *, seconds: float = 20.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)


@contextmanager
def serving(**limits: Any) -> Iterator[Running]:
    """A server for the block, with limits of its own."""
    service = Service(ServedModels(("tiny",), load=predictor), access=Access(), limits=Limits(**limits))
    with bound("127.0.0.1", 0) as listening:
        server = make_server(service)
        running = Running(service=service, port=listening.getsockname()[1])
        begin = service.begin

        def begin_with_heartbeat() -> None:
            begin()
            running.heartbeat = asyncio.get_running_loop().create_task(_beat(running))  # type: ignore[attr-defined]

        service.begin = begin_with_heartbeat  # type: ignore[method-assign]
        _watch_connections(running)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not service.is_ready:
            time.sleep(0.01)
        running.stall_s = running.stall_cpu_s = 0.0
        try:
            yield running
        finally:
            server.handle_exit(signal.SIGTERM, None)
            thread.join(timeout=40)


async def _beat(running: Running) -> None:
    last, last_cpu = time.perf_counter(), time.thread_time()
    while True:
        await asyncio.sleep(BEAT_S)
        now, now_cpu = time.perf_counter(), time.thread_time()
        running.stall_s, last = max(running.stall_s, now - last - BEAT_S), now
        running.stall_cpu_s, last_cpu = max(running.stall_cpu_s, now_cpu - last_cpu), now_cpu


def _watch_connections(running: Running) -> None:
    """Hooks of Python cannot be removed: each campaign makes one server."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        address = arguments[1] if event == "socket.connect" else None
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            running.left.append(str(address))

    sys.addaudithook(hook)


def image_bytes(size_hw: tuple[int, int] = (48, 64), *, form: str = "PNG") -> bytes:
    """An image file of noise."""
    pixels = np.random.default_rng(0).integers(0, 255, (*size_hw, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file := io.BytesIO(), form)
    return file.getvalue()
