"""``hondo serve``: depth over HTTP and WebSocket, with the viewer's page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tyro

from hondo.cli.options import NO_OPTIONS, SharedModelOptions, parse_options, parse_size, tell_if_untrained
from hondo.core.errors import MissingExtraError

if TYPE_CHECKING:
    from hondo.engines.predictor import NetworkPredictor


@dataclass(frozen=True, kw_only=True)
class ServeCommand:
    """Answers POST /v1/depth, POST /v1/pointcloud and WS /v1/stream, and shows the viewer at /."""

    host: str = "127.0.0.1"
    """Address to listen on. Others than this machine's own need a token: HONDO_TOKEN, or one is made and printed."""
    port: int = 8000
    """0: any that is free."""
    model: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A name from `hondo models`, a run folder or a file; may be repeated. Default: hondo-nano."""
    size: str | None = None
    """Network input HxW; a picture keeps its aspect and gets about this area. Default: each model's own."""
    engine: str = "auto"
    """auto, pytorch, onnx_runtime or openvino_ir."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N."""
    precision: str = "fp32"
    """fp32, fp16 or bf16."""
    threads: int | None = None
    """CPU threads of the engine; default: its own choice."""
    batch: int | None = None
    """Pictures the engine takes at once; default: 1 on a CPU, 8 on an accelerator."""
    waiting: int = 64
    """Pictures that may wait for the engine; more are refused with 429."""
    rate: float = 200.0
    """Requests a second of one client."""
    allow_origin: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A page elsewhere that may ask, e.g. https://robot.example; may be repeated."""
    model_options: SharedModelOptions = NO_OPTIONS


def run(command: ServeCommand) -> None:
    needs_serve()
    from hondo.web.limits import Limits
    from hondo.web.server import ServeConfig, serve

    models = command.model or ("hondo-nano",)
    for model in models:
        tell_if_untrained(model, weights=command.model_options.weights)
    config = ServeConfig(
        host=command.host, port=command.port, models=models, allow_origins=command.allow_origin, batch=command.batch,
        limits=Limits(waiting=command.waiting, rate_per_s=command.rate, burst=max(1, round(2 * command.rate))),
    )  # fmt: skip
    serve(config, load=loader(command), told=lambda text: print(text, flush=True))


def needs_serve() -> None:
    """Names the extra where its packages are missing."""
    from importlib.util import find_spec

    for package in ("fastapi", "uvicorn", "websockets"):
        if find_spec(package) is None:
            raise MissingExtraError(package, extra="serve")


def loader(command: "ServeCommand") -> Callable[[str], "NetworkPredictor"]:
    """How a model that clients name is loaded: all with the same options."""
    from hondo.engines.load import load

    size_hw, options = parse_size(command.size), parse_options(command.model_options.option)
    return lambda model: load(
        model, command.model_options.weights, engine=command.engine, device=command.device, size_hw=size_hw,
        precision=command.precision, threads=command.threads, **options,
    )  # fmt: skip
