"""``hondo serve``: depth over HTTP and WebSocket, with the viewer's page."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.server_options import LOCAL_SERVER, SharedServerOptions, check_server_packages, model_loader


@dataclass(frozen=True, kw_only=True)
class ServeCommand:
    """Answers POST /v1/depth, POST /v1/pointcloud and WS /v1/stream, and shows the viewer at /."""

    server: SharedServerOptions = LOCAL_SERVER
    batch: Annotated[int | None, shown_as("N")] = None
    """Images the engine takes at once. Default: 1 on a CPU, 8 on an accelerator."""
    waiting: Annotated[int, tyro.conf.arg(metavar="N")] = 64
    """Images that may wait for the engine; more are refused with 429."""
    rate: Annotated[float, tyro.conf.arg(metavar="N")] = 200.0
    """Requests a second of one client."""


def run(command: ServeCommand) -> None:
    check_server_packages()
    from hondo.web.http.server import ServeConfig, serve
    from hondo.web.security.limits import Limits

    server = command.server
    limits = Limits(waiting=command.waiting, rate_per_s=command.rate, burst=max(1, round(2 * command.rate)))
    config = ServeConfig(
        host=server.host, port=server.port, models=server.models, allow_origins=server.allow_origin,
        batch=command.batch, limits=limits,
    )  # fmt: skip
    serve(config, load=model_loader(server), on_progress=lambda text: print(text, flush=True))
