"""``hondo live``: a camera or a recording, live in the browser, or headless."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import CameraOption, parse_size
from hondo.cli.options.server_options import LOCAL_SERVER, SharedServerOptions, check_server_packages, model_loader
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.video.live.open_stream import LiveSettings
    from hondo.video.live.stats import StreamStats


@dataclass(frozen=True, kw_only=True)
class LiveCommand:
    """Shows SOURCE with its depth at http://127.0.0.1:8000/: the page of `hondo serve` with a camera of its own."""

    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]
    """webcam:0, an rtsp:// or http:// address, a video file, a folder of images, or `clip` (the embedded one)."""
    fps: Annotated[float | None, shown_as("N")] = None
    """Frames a second to reach: the network's size is lowered, within bounds, before frames are dropped."""
    min_size: Annotated[str | None, shown_as("HxW")] = None
    """With --fps: the smallest network size. Default: half the sides of --size."""
    loop: bool = False
    """Play a recording again from its start; `clip` always is, except with --headless."""
    steady: bool = True
    """Keep the depth steady over time; --no-steady shows each frame's as the network gives it."""
    camera: CameraOption = None
    headless: bool = False
    """No page: run to the source's end and print the state once a second."""
    record: Annotated[Path | None, shown_as("FOLDER")] = None
    """A folder for videos of image and depth, 16-bit depth maps, and poses if known."""
    rerun: Annotated[Path | None, shown_as("FILE")] = None
    """With --headless: a .rrd file for the Rerun viewer (extra `rerun`)."""
    server: SharedServerOptions = LOCAL_SERVER


def run(command: LiveCommand) -> int:
    from hondo.core.atomic import make_writable_folder
    from hondo.video.sources.source_list import CLIP

    if command.record is not None:
        make_writable_folder(command.record, field="record")
    if command.rerun is not None and (not command.headless or command.record is not None):
        raise HondoError("--rerun needs --headless, and takes the place of --record")
    if command.source != CLIP:
        from hondo.video.sources.live_feed import feed_of

        feed_of(command.source)  # refuses what is not there before a model is loaded
    settings = live_settings(command)
    return _run_headless(command, settings) if command.headless else _serve(command, settings)


def live_settings(command: LiveCommand) -> "LiveSettings":
    """How the source is shown. On the page, the embedded clip loops and other recordings can be replayed."""
    from hondo.video.live.open_stream import LiveSettings
    from hondo.video.sources.source_list import CLIP

    is_page = not command.headless
    return LiveSettings(
        source=command.source,
        fps=command.fps,
        min_size=parse_size(command.min_size, option="--min-size"),
        loop=command.loop or (is_page and command.source == CLIP),
        stays=is_page and command.record is None,
        steady=command.steady,
        camera=command.camera,
    )


def _run_headless(command: LiveCommand, settings: "LiveSettings") -> int:
    from hondo.video.live.open_stream import open_stream
    from hondo.video.sinks.run_headless import run_headless

    predictor = model_loader(command.server)(command.server.models[0])
    stream = open_stream(settings, predictor)
    stats = run_headless(stream, record_to=command.record, rerun_to=command.rerun, on_progress=_print_stats)
    predictor.close()
    print(f"{stats.frames_predicted} frames with depth, {stats.frames_dropped} dropped, {stats.frames_corrupt} corrupt")
    return 0


def _serve(command: LiveCommand, settings: "LiveSettings") -> int:
    check_server_packages()
    from hondo.video.live.open_stream import open_stream
    from hondo.web.http.server import ServeConfig, serve
    from hondo.web.inference.server_camera import ServerCamera, shown_source

    server, name = command.server, shown_source(command.source)
    serve(
        ServeConfig(host=server.host, port=server.port, models=server.models, allow_origins=server.allow_origin),
        load=model_loader(server),
        on_progress=lambda text: print(text, flush=True),
        camera_for=lambda model: ServerCamera(open_stream(settings, model), name=name, record_to=command.record),
    )
    return 0


def _print_stats(stats: "StreamStats") -> None:
    latency = "" if stats.latency_ms is None else f", latency {stats.latency_ms:.0f} ms"
    reason = f" ({stats.reason})" if stats.reason else ""
    line = f"{stats.state}{reason}, {stats.fps:.1f} frames/s{latency}, {stats.frames_dropped} dropped"
    print(f"hondo: {line}", file=sys.stderr, flush=True)
