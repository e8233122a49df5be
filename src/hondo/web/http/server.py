"""The server process: bind, load, serve until SIGTERM or Ctrl-C, then finish the running requests."""

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import uvicorn

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.web.http.app import build_app
from hondo.web.http.bounded_protocol import http_protocol, websocket_protocol
from hondo.web.inference.served_models import Load, ServedModels
from hondo.web.inference.server_camera import ServerCamera
from hondo.web.inference.service import Service
from hondo.web.security.access import TOKEN_VARIABLE, Access, check_origins, choose_token
from hondo.web.security.limits import Limits

_DRAIN_S = 20  # for requests that are running when the server is stopped
_BACKLOG = 256


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """Address, models, allowed origins and limits of a server."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0: any free port
    models: tuple[str, ...] = ("hondo-nano",)  # names, run folders, files; the first is the default
    allow_origins: tuple[str, ...] = ()
    batch: int | None = None  # images per batch; None: 1 on a CPU, 8 on an accelerator
    limits: Limits = field(default_factory=Limits)


def serve(
    config: ServeConfig,
    *,
    load: Load,
    on_progress: Callable[[str], None] = print,
    camera_for: Callable[[Predictor], ServerCamera] | None = None,
) -> None:
    """Serves until it is stopped. ``on_progress`` receives the address and the token.

    ``camera_for`` creates the server camera from the default model. Raises HondoError for an invalid configuration.
    """
    token = choose_token(config.host, given=os.environ.get(TOKEN_VARIABLE))
    access = Access(token=token, origins=check_origins(config.allow_origins))
    with bound(config.host, config.port) as listening:
        models = ServedModels(config.models, load=load)
        predictor = models.load_default()
        camera = None if camera_for is None else camera_for(predictor)
        service = Service(models, access=access, limits=config.limits, batch=config.batch, camera=camera)
        on_progress(_startup_message(listening, config=config, token=token))
        make_server(service).run(sockets=[listening])


def make_server(service: Service) -> "Server":
    """The server of a service; ``run(sockets=[...])`` serves until ``should_exit`` is set or a signal arrives."""
    limits = service.limits
    settings = uvicorn.Config(  # asyncio even where uvloop is installed: the bounds of the protocols are tested with it
        build_app(service), loop="asyncio", ws=websocket_protocol(on_mistake=service.metrics.on_mistake),
        http=http_protocol(
            head_seconds=limits.head_seconds, send_seconds=limits.send_seconds, on_mistake=service.metrics.on_mistake
        ),
        ws_max_size=limits.body_bytes, ws_per_message_deflate=False, proxy_headers=False, server_header=False,
        log_level="error", access_log=False, timeout_keep_alive=30, timeout_graceful_shutdown=_DRAIN_S,
    )  # fmt: skip
    return Server(settings)


class Server(uvicorn.Server):
    """uvicorn's server, which returns after SIGTERM and Ctrl-C instead of raising the signal again."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles SIGINT and SIGTERM while the block runs; in other threads nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, action in before.items():
                signal.signal(each, action)


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket. It is opened before models are loaded, so that a port in use is reported at once."""
    if not 0 <= port <= 65535:
        raise HondoError(f"port {port} must be 0 to 65535", field="port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise HondoError(f"host '{host}' is not an address of this machine ({error.strerror})", field="host") from error
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as listening:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(_BACKLOG)
        except OSError as error:
            raise HondoError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another port, or port=0 for a free one",
                field="port",
            ) from error
        yield listening


def _startup_message(listening: socket.socket, *, config: ServeConfig, token: str | None) -> str:
    port = listening.getsockname()[1]
    host = f"[{config.host}]" if ":" in config.host else config.host
    address = f"http://{host}:{port}/"
    if token is None:
        return f"hondo: serving on {address} (this machine only; stop with Ctrl-C)"
    shown = "" if os.environ.get(TOKEN_VARIABLE) else f"\nhondo: token {token}"
    return (
        f"hondo: serving on {address} (requests require the token: Authorization: Bearer TOKEN; "
        f"page: {address}#token=TOKEN){shown}"
    )
