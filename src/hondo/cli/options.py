"""Options that several commands share, and how their texts become values."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.types import Size

if TYPE_CHECKING:
    from hondo.core.sample import Samples
    from hondo.engines.base.predictor import NetworkPredictor


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """What every command that takes MODEL also takes."""

    weights: str | None = None
    """A published checkpoint or folder, or 'random' for untrained weights; default: the model's own."""
    option: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """KEY=VALUE for the model's builder, e.g. --option num_heads=1 --option hooks=0,1; may be repeated."""


# A field of this type adds the flags above without a prefix.
SharedModelOptions = Annotated[ModelOptions, tyro.conf.OmitArgPrefixes]
NO_OPTIONS = ModelOptions()
# Options of a builder that have a flag of their own.
_FLAGS = {"size_hw": "--size HxW", "weights": "--weights FILE", "name": "--model NAME"} | {
    name: f"--{name} VALUE" for name in ("engine", "device", "precision", "threads", "camera")
}


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What the commands that answer over the network share."""

    host: str = "127.0.0.1"
    """Address to listen on. Others than this machine's own need a token: HONDO_TOKEN, or one is made and printed."""
    port: int = 8000
    """0: any that is free."""
    model: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A name from `hondo models`, a run folder or a file; may be repeated. Default: hondo-nano."""
    size: str | None = None
    """Network input HxW; an image keeps its aspect and gets about this area. Default: each model's own."""
    engine: str = "auto"
    """auto, pytorch, onnx_runtime or openvino_ir."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:N."""
    precision: str = "fp32"
    """fp32, fp16, bf16, int8-dynamic or int8-weights, as the engine offers; a file keeps the one it was exported in."""
    threads: int | None = None
    """CPU threads of the engine; default: its own choice."""
    allow_origin: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A page elsewhere that may ask, e.g. https://robot.example; may be repeated."""

    @property
    def models(self) -> tuple[str, ...]:
        return self.model or ("hondo-nano",)


SharedServerOptions = Annotated[ServerOptions, tyro.conf.OmitArgPrefixes]
LOCAL_SERVER = ServerOptions()


def model_loader(server: ServerOptions, model: ModelOptions) -> "Callable[[str], NetworkPredictor]":
    """How a model of a server is loaded: all of them with the same options."""
    from hondo.engines.load import load

    for name in server.models:
        tell_if_untrained(name, weights=model.weights)
    size_hw, options = parse_size(server.size), parse_options(model.option)
    return lambda name: load(
        name, model.weights, engine=server.engine, device=server.device, size_hw=size_hw,
        precision=server.precision, threads=server.threads, **options,
    )  # fmt: skip


def needs_serve() -> None:
    """Names the extra where the packages of the server are missing."""
    from importlib.util import find_spec

    for package in ("fastapi", "uvicorn", "websockets"):
        if find_spec(package) is None:
            raise MissingExtraError(package, extra="serve")


def parse_options(texts: tuple[str, ...]) -> dict[str, Any]:
    """Options of a model's builder from the texts of ``--option``."""
    options = parse_pairs(texts, option="--option")
    for key in options.keys() & _FLAGS.keys():
        raise HondoError(f"--option {key}=...: give {_FLAGS[key]} instead")
    return options


def parse_pairs(texts: tuple[str, ...], *, option: str) -> dict[str, Any]:
    """``key=value`` texts of a command's ``option``: numbers, true/false, comma lists of them, else text."""
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise HondoError(f"{option} '{text}' must be KEY=VALUE, e.g. {option} num_heads=1")
        pairs[key] = tuple(_value(part) for part in value.split(",")) if "," in value else _value(value)
    return pairs


def parse_size(text: str | None, *, option: str = "--size") -> Size | None:
    """``HxW`` in pixels -> (height, width)."""
    if text is None:
        return None
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise HondoError(f"{option} '{text}' must be HEIGHTxWIDTH in pixels, e.g. {option} 192x640")
    return int(parts[0]), int(parts[1])


def parse_share(text: str, *, option: str) -> float:
    """A share below 1, from ``1%`` or ``0.01``."""
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = float("nan")
    if not 0 < share < 1:
        raise HondoError(f"{option} '{text}' must be a share above 0 and below 1, e.g. {option} 1% or {option} 0.01")
    return share


def parse_list(text: str, *, option: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """A comma list of allowed words, each once."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in words if word not in allowed]
    if wrong or not words:
        raise HondoError(f"{option} '{text}': {wrong[0] if wrong else 'nothing'} is not one of {', '.join(allowed)}")
    return words


def tell_if_untrained(model: str, *, weights: str | None) -> None:
    """Says on stderr that a named model comes without trained weights, unless random ones were asked for."""
    from hondo.models.registry.zoo import ZOO, packaged_weights

    if weights is None and model in ZOO and packaged_weights(model) is None:
        print(
            f"hondo: warning: '{model}' ships no trained weights, its depth is random; "
            "give --weights FILE, or a run folder as the model",
            file=sys.stderr,
        )


def writable_folder(path: Path, *, option: str = "--out") -> Path:
    """Makes the folder if need be; refuses one that cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".hondo-write-test"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise HondoError(f"{option} {path}: cannot write there ({error.strerror}); choose another folder") from error
    return path


def _value(text: str) -> Any:
    text = text.strip()
    if text.lower() in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def read_samples(source: str, *, count: int = 16) -> "Samples":
    """Every pair of a manifest (read when it is asked for), or at most ``count`` images, evenly spread."""
    import torch

    from hondo.core.sample import Sample
    from hondo.data.datasets.rgbd import MANIFEST, Rgbd
    from hondo.data.loading.fit_sample import image_tensor
    from hondo.video.sources.sampling import spread_images

    path = Path(source)
    if (path / MANIFEST).is_file() or path.suffix == ".csv":
        return Rgbd(path)
    images = spread_images(source, count=count)
    return [Sample(image=image_tensor(torch.from_numpy(image)), origin=source) for image in images]
