"""Options about models that several commands share: each is declared here once, with the values that it takes."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.core.errors import HondoError
from hondo.core.types import Size

if TYPE_CHECKING:
    from hondo.engines.load import ModelSettings

SizeOption = Annotated[
    str | None,
    tyro.conf.arg(
        metavar="HxW",
        help_behavior_hint="",
        help="Network input in pixels, e.g. 192x640; an image keeps its aspect and gets about this area. "
        "Default: the model's own.",
    ),
]
PrecisionOption = Annotated[
    str,
    tyro.conf.arg(
        metavar="NAME",
        help="auto, fp32, fp16, bf16, int8-dynamic, int8-weights, or int8 (with `hondo export`), as the engine offers. "
        "auto: the fastest here whose depth is within 1 % of fp32, by a trial that is made once. "
        "A file that was exported in a lower precision keeps it.",
    ),
]
CameraOption = Annotated[
    str | None,
    tyro.conf.arg(
        metavar="FILE|fx,fy,cx,cy",
        help_behavior_hint="",
        help="Camera intrinsics: a file (JSON, K.txt, YAML, COLMAP, KITTI), fx,fy,cx,cy in pixels of the images, or "
        "fov=DEGREES (horizontal).",
    ),
]
SourcesArgument = Annotated[tyro.conf.Positional[tuple[str, ...]], shown_as("SOURCE...")]
ModelArgument = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="MODEL")]


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """How the model is built."""

    weights: Annotated[str | None, shown_as("FILE")] = None
    """A published checkpoint (file or folder), the name of one (see `hondo weights list`), or 'random' for an untrained
    model. Default: the weights that ship with hondo, else the published ones, which are fetched once."""
    option: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], shown_as("KEY=VALUE")] = ()
    """An option of the model's builder, e.g. --option num_heads=1 --option hooks=0,1; may be repeated."""
    accept_licence: bool = False
    """Accept the licence of the published weights, once, where it does not allow every use."""
    offline: bool = False
    """Fetch nothing; use the weights that are here."""


@dataclass(frozen=True, kw_only=True)
class PrecisionOptions(WeightOptions):
    """How the model is built, and in which precision it computes."""

    precision: PrecisionOption = "auto"
    confidence: bool = False
    """Also a confidence of each pixel, from the mirrored image, at twice the cost: in maps, on the page, in files."""


@dataclass(frozen=True, kw_only=True)
class ModelOptions(PrecisionOptions):
    """How the model is built and run."""

    size: SizeOption = None
    engine: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """auto, torch, onnx, openvino, torch-compile, aot-inductor, tensorrt or executorch. auto: the fastest that is
    installed, by a trial that is made once; exported files run on their own engine."""
    device: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """auto, cpu, cuda or cuda:N; mps with torch; gpu or npu with OpenVINO; tensorrt, openvino, coreml, dml or xnnpack
    with ONNX Runtime."""
    threads: Annotated[int | None, shown_as("N")] = None
    """CPU threads of the engine. Default: the engine's choice."""


# A field of these types adds the flags above without a prefix.
SharedModelOptions = Annotated[ModelOptions, tyro.conf.OmitArgPrefixes]
SharedPrecisionOptions = Annotated[PrecisionOptions, tyro.conf.OmitArgPrefixes]
NO_OPTIONS = ModelOptions()
EXPORT_OPTIONS = PrecisionOptions(precision="fp32")
EXACT_OPTIONS = ModelOptions(precision="fp32")  # of commands whose numbers are compared with published ones
# Options of a builder that have a flag of their own.
_FLAGS = {"size_hw": "--size HxW", "weights": "--weights FILE", "name": "--model NAME"} | {
    name: f"--{name} VALUE" for name in ("engine", "device", "precision", "threads", "camera")
}


def model_settings(options: WeightOptions, *, models: tuple[str, ...] = ()) -> "ModelSettings":
    """The options as arguments of ``hondo.load``; published weights of ``models`` are fetched now, or refused."""
    from hondo.engines.load import ModelSettings

    settings = ModelSettings(
        weights=options.weights, options=parse_options(options.option), accept_licence=options.accept_licence,
        offline=options.offline,
    )  # fmt: skip
    for model in models:
        settings.fetch(model)
    if isinstance(options, PrecisionOptions):
        settings = replace(settings, confidence=options.confidence)
    if not isinstance(options, ModelOptions):
        return settings
    return replace(
        settings, size_hw=parse_size(options.size), engine=options.engine, device=options.device,
        precision=options.precision, threads=options.threads,
    )  # fmt: skip


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
