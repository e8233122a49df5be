"""The flows of walks a to d, each on a tiny input."""

import json
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

from walk_tracer import Tracer, Walk


def predict_an_image(folder: Path) -> Walk:
    """a: ``hondo predict photo.jpg --out DIR``, on the torch engine in fp32 (no choice by trial), to the PNG."""
    from hondo.cli.main import main

    photo, out = _images(folder, count=1)[0], folder / "out"
    with Tracer().on() as walk:
        code = main(
            [
                "predict",
                str(photo),
                "--out",
                str(out),
                *["--engine", "torch", "--precision", "fp32", "--size", "64x96", "--quiet"],
            ]
        )
    assert code == 0 and list(out.glob("*.png")), "no PNG was written"
    return walk


def train_a_batch(folder: Path) -> Walk:
    """b: a batch of ``hondo train video`` from the files of a clip to the end of the optimiser step."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    from hondo.cli.main import main

    _images(folder / "images", count=7)
    camera = {"fx": 80, "fy": 80, "cx": 64, "cy": 40, "width": 128, "height": 80}
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    tracer, count = Tracer(), 0

    def after_step(*_: Any) -> None:  # the window: from the end of a step to the end of the fourth after it
        nonlocal count
        count += 1
        tracer.is_on = 2 <= count < 6

    hook = register_optimizer_step_post_hook(after_step)
    options = {"data.size-hw": "64 96", "batches.batch-size": "2", "optim.max-steps": "8", "loop.log-every": "100"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", *value.split())]
    try:
        with tracer.installed():
            code = main(["train", "video", "--data", str(folder), "--out", str(folder / "run"), *arguments])
    finally:
        hook.remove()
    assert code == 0 and count == 8, "the run did not end"
    return tracer.walk


def show_a_live_frame(folder: Path) -> Walk:
    """c: a frame of ``hondo live`` from its source to the message that a browser's WebSocket receives."""
    from starlette.testclient import TestClient

    from hondo.video.live.live_stream import Stream
    from hondo.web.http.app import build_app
    from hondo.web.inference.served_models import ServedModels
    from hondo.web.inference.server_camera import ServerCamera
    from hondo.web.inference.service import Service
    from hondo.web.security.access import Access

    _images(folder, count=8)
    predictor = _tiny_predictor()
    stream = Stream(str(folder), predictor, loop=True)
    served = ServedModels(("tiny",), load=lambda name: predictor)
    served.load_default()
    service = Service(served, access=Access(), camera=ServerCamera(stream, name="clip"))
    tracer = Tracer()
    with tracer.installed(), TestClient(build_app(service), base_url="http://127.0.0.1") as client:
        end = time.monotonic() + 20
        while not service.is_ready and time.monotonic() < end:
            time.sleep(0.02)
        # starlette's client may cancel the server's side as it closes
        with suppress(CancelledError), client.websocket_connect("/v1/live", headers={"host": "127.0.0.1"}) as socket:
            for _ in range(3):
                _frame(socket)
            tracer.is_on = True
            for _ in range(4):
                _frame(socket)
            tracer.is_on = False
    return tracer.walk


def _frame(socket: Any) -> bytes:
    """The next binary message."""
    while True:
        message = socket.receive()
        if message.get("bytes"):
            return message["bytes"]


def _tiny_predictor() -> Any:
    """A predictor whose network is one line: bright is near."""
    from hondo.core.types import DepthKind, InputSpec
    from hondo.engines.base.predictor import NetworkPredictor

    return NetworkPredictor(
        name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=InputSpec(size_hw=(64, 64), multiple_of=32),
        network=lambda image: 0.1 + 0.9 * image.mean(axis=1, keepdims=True), engine="numpy", precision="fp32",
    )  # fmt: skip


def export_int8(folder: Path) -> Walk:
    """d: a model to OpenVINO int8: the export function of the engine, to the file on disk."""
    from hondo.cli.main import main

    _images(folder / "images", count=8)
    options = ["--precision", "int8", "--calibration", str(folder / "images"), "--size", "64x96", "--force"]
    with Tracer(below=("hondo.engines.openvino", "export")).on() as walk:
        code = main(["export", "hondo-nano", "--to", "openvino", "--out", str(folder / "nano.xml"), *options])
    assert code == 0 and (folder / "nano.xml").exists(), "no file was written"
    return walk


def _images(folder: Path, *, count: int) -> list[Path]:
    """Images of a textured wall that passes by."""
    import cv2
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (80, 256, 3), dtype=np.uint8)
    wall = cv2.GaussianBlur(noise, (0, 0), 1.5)
    paths = [folder / f"{number:03d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), wall[:, 3 * number : 3 * number + 128])
    return paths
