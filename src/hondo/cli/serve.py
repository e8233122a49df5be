"""``hondo serve``: depth over HTTP and WebSocket, with the viewer's page."""

from dataclasses import dataclass

from hondo.cli.options import (
    LOCAL_SERVER,
    NO_OPTIONS,
    SharedModelOptions,
    SharedServerOptions,
    model_loader,
    needs_serve,
)


@dataclass(frozen=True, kw_only=True)
class ServeCommand:
    """Answers POST /v1/depth, POST /v1/pointcloud and WS /v1/stream, and shows the viewer at /."""

    server: SharedServerOptions = LOCAL_SERVER
    batch: int | None = None
    """Images the engine takes at once; default: 1 on a CPU, 8 on an accelerator."""
    waiting: int = 64
    """Images that may wait for the engine; more are refused with 429."""
    rate: float = 200.0
    """Requests a second of one client."""
    model_options: SharedModelOptions = NO_OPTIONS


def run(command: ServeCommand) -> None:
    needs_serve()
    from hondo.web.http.server import ServeConfig, serve
    from hondo.web.security.limits import Limits

    server = command.server
    limits = Limits(waiting=command.waiting, rate_per_s=command.rate, burst=max(1, round(2 * command.rate)))
    config = ServeConfig(
        host=server.host, port=server.port, models=server.models, allow_origins=server.allow_origin,
        batch=command.batch, limits=limits,
    )  # fmt: skip
    serve(config, load=model_loader(server, command.model_options), on_progress=lambda text: print(text, flush=True))
