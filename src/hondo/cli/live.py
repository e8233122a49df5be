"""``hondo live``: a camera or a recording, live in the browser, or headless."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options import (
    LOCAL_SERVER,
    NO_OPTIONS,
    SharedModelOptions,
    SharedServerOptions,
    model_loader,
    needs_serve,
    parse_size,
    writable_folder,
)
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.core.types import Predictor
    from hondo.video.live.live_stream import Stream
    from hondo.video.live.stats import StreamStats

TOLD_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class LiveCommand:
    """Shows SOURCE with its depth at http://127.0.0.1:8000/: the page of `hondo serve` with a camera of its own."""

    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]
    """webcam:0, an rtsp:// or http:// address, a video file, a folder of images, or `clip` (the embedded one)."""
    fps: float | None = None
    """Frames a second to reach: the network's size is lowered, within bounds, before frames are dropped."""
    min_size: str | None = None
    """With --fps: the smallest network size, HxW. Default: half the sides of --size."""
    loop: bool = False
    """Play a recording again from its start."""
    steady: bool = True
    """Keep the depth steady over time; --no-steady shows each frame's as the network gives it."""
    camera: str | None = None
    """Intrinsics: a JSON file, or fx,fy,cx,cy in pixels of the images. Default: an image 60 degrees wide."""
    headless: bool = False
    """No page: run to the source's end and tell the state once a second."""
    record: Path | None = None
    """A folder for videos of image and depth, 16-bit depth maps, and poses if known."""
    rerun: Path | None = None
    """With --headless: a .rrd file for the Rerun viewer (extra `rerun`)."""
    server: SharedServerOptions = LOCAL_SERVER
    model_options: SharedModelOptions = NO_OPTIONS


def run(command: LiveCommand) -> int:
    if command.record is not None:
        writable_folder(command.record, option="--record")
    if command.rerun is not None and (not command.headless or command.record is not None):
        raise HondoError("--rerun needs --headless, and takes the place of --record")
    if command.min_size is not None and command.fps is None:
        raise HondoError("--min-size needs --fps, for which the network's size is lowered")
    load = model_loader(command.server, command.model_options)
    if command.headless:
        return _run_headless(command, load(command.server.models[0]))
    needs_serve()
    from hondo.web.http.server import ServeConfig, serve
    from hondo.web.inference.server_camera import ServerCamera, shown_source

    server = command.server
    config = ServeConfig(
        host=server.host, port=server.port, models=server.models, allow_origins=server.allow_origin
    )  # fmt: skip
    name = shown_source(command.source)
    serve(
        config,
        load=load,
        on_progress=lambda text: print(text, flush=True),
        camera_for=lambda predictor: ServerCamera(_stream(command, predictor), name=name, record_to=command.record),
    )
    return 0


def _stream(command: LiveCommand, predictor: "Predictor") -> "Stream":
    from hondo.data.datasets.embedded_clip import embedded_clip
    from hondo.data.datasets.intrinsics import assumed_camera, image_camera
    from hondo.video.live.live_stream import Stream
    from hondo.video.temporal.steady import SteadyConfig

    if command.fps is not None and not command.fps > 0:
        raise HondoError(f"--fps must be positive, got {command.fps:g}")
    source, given = command.source, command.camera
    if source == "clip":
        source, given = str(embedded_clip().folder), given or str(embedded_clip().intrinsics)
    smallest = parse_size(command.min_size, option="--min-size")
    return Stream(
        source, predictor, fps=command.fps, loop=command.loop, steady=SteadyConfig() if command.steady else None,
        size_bounds=None if smallest is None else (smallest, predictor.input_spec.size_hw),
        camera_of=assumed_camera if given is None else lambda size_hw: image_camera(given, size_hw=size_hw),
    )  # fmt: skip


def _run_headless(command: LiveCommand, predictor: "Predictor") -> int:
    """Runs the stream to its end; HondoError where its source failed."""
    from hondo.video.live.stats import StreamState
    from hondo.video.sinks.record import record
    from hondo.video.sinks.rerun_log import log_stream

    with _stream(command, predictor) as stream:
        tell = _Teller(stream)
        if command.record is not None:
            record(stream, command.record, on_progress=tell)
        if command.rerun is not None:
            log_stream(stream, command.rerun, on_progress=tell)
        while not stream.is_over:
            time.sleep(TOLD_EVERY_S)
            tell()
        stats = stream.stats()
    predictor.close()
    if stats.state is StreamState.FAILED:
        raise HondoError(stats.reason)
    print(f"{stats.frames_predicted} frames with depth, {stats.frames_dropped} dropped, {stats.frames_corrupt} corrupt")
    return 0


class _Teller:
    """Tells the state of a stream on stderr, once a second."""

    def __init__(self, stream: "Stream") -> None:
        self._stream = stream
        self._told_at = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._told_at >= TOLD_EVERY_S:
            self._told_at = time.monotonic()
            print(_told(self._stream.stats()), file=sys.stderr, flush=True)


def _told(stats: "StreamStats") -> str:
    latency = "" if stats.latency_ms is None else f", latency {stats.latency_ms:.0f} ms"
    reason = f" ({stats.reason})" if stats.reason else ""
    return f"hondo: {stats.state}{reason}, {stats.fps:.1f} frames/s{latency}, {stats.frames_dropped} dropped"
