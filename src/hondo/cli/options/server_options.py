"""Options of the commands that answer over the network."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import NO_OPTIONS, SharedModelOptions, model_settings
from hondo.core.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hondo.engines.base.predictor import NetworkPredictor


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Where to listen, and the models to run."""

    host: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = "127.0.0.1"
    """Address to listen on; non-local addresses require a token (HONDO_TOKEN; otherwise one is generated and
    printed)."""
    port: Annotated[int, tyro.conf.arg(metavar="N")] = 8000
    """Port to listen on; 0: any free one."""
    model: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], shown_as("MODEL")] = ()
    """A name from `hondo models`, a run folder or a file; may be repeated. Default: hondo-nano."""
    allow_origin: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], shown_as("ORIGIN")] = ()
    """Another site whose pages may use this server, e.g. https://robot.example; may be repeated."""
    network: SharedModelOptions = NO_OPTIONS

    @property
    def models(self) -> tuple[str, ...]:
        """The models to serve: those given, or the bundled one."""
        return self.model or ("hondo-nano",)


SharedServerOptions = Annotated[ServerOptions, tyro.conf.OmitArgPrefixes]
LOCAL_SERVER = ServerOptions()


def model_loader(server: ServerOptions) -> "Callable[[str], NetworkPredictor]":
    """Loads a model of the server: all of them with the same options."""
    return model_settings(server.network, models=server.models).load


def check_server_packages() -> None:
    """Names the extra to install where the packages of the server are missing."""
    from importlib.util import find_spec

    for package in ("fastapi", "uvicorn", "websockets"):
        if find_spec(package) is None:
            raise MissingExtraError(package, extra="serve")
