"""``hondo export``: a model to a file of another runtime, written only if it agrees with torch."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from hondo.cli.options import (
    NO_OPTIONS,
    SharedModelOptions,
    parse_options,
    parse_share,
    parse_size,
    read_samples,
    tell_if_untrained,
)
from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size

if TYPE_CHECKING:
    from hondo.engines.quantization.validation import Quantising

TARGETS = {
    "onnx": "onnx_runtime",
    "openvino": "openvino_ir",
    "torch": "pytorch",
    "aot": "aot_inductor",
    "tensorrt": "tensorrt_plan",
    "executorch": "executorch_pte",
}


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Exports MODEL, runs the file, and prints how far it is from torch."""

    model: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="MODEL")]
    """A name from `hondo models`, a run folder, or a .safetensors file."""
    to: Literal["onnx", "openvino", "tensorrt", "torch", "aot", "executorch"]
    """The runtime."""
    out: Path
    """The file: .onnx, .xml (a .bin goes beside it), .engine, .pt2, .pte, .safetensors; the suffix may be left out."""
    size: str | None = None
    """Input HxW; default: the model's own."""
    precision: str = "fp32"
    """fp32, fp16, bf16, int8, int8-dynamic or int8-weights, as the runtime offers."""
    calibration: str | None = None
    """int8: a folder, glob or video of scenes like those the model will see. They set the ranges and judge the file."""
    calibration_count: int | None = None
    """int8: images of it that are used, evenly spread. Default: 64."""
    max_drop: str | None = None
    """With --calibration: how far the depth may be off the full model's (relative abs_rel); the worst layers stay in
    float for it. Default: 1%."""
    dynamic: bool = False
    """Any input size (a multiple of the model's step) instead of one."""
    check: str | None = None
    """Images to compare with torch on: an image, folder, glob or video, or a folder with a manifest.csv, whose depth
    maps then score both (see docs/own-data.md). Default: two made-up images."""
    json: Path | None = None
    """Write the comparison to this file."""
    force: bool = False
    """Write the file even if it misses the tolerance."""
    model_options: SharedModelOptions = NO_OPTIONS


def run(config: ExportConfig) -> None:
    from hondo.core.atomic import atomic_write
    from hondo.engines.load import build_depth_model, weights_file
    from hondo.engines.registry import ENGINES
    from hondo.evaluate.parity.parity import export_checked
    from hondo.evaluate.speed.memory import file_size_mib

    engine, max_drop = TARGETS[config.to], _max_drop(config)
    options, weights = parse_options(config.model_options.option), config.model_options.weights
    model = build_depth_model(config.model, weights=weights, options=options)
    size_hw = parse_size(config.size) or model.input_spec.size_hw
    path = config.out if config.out.suffix else config.out.with_suffix(ENGINES[engine].SUFFIX)
    parity = export_checked(
        model, path, engine=engine, size_hw=size_hw, precision=config.precision, dynamic=config.dynamic,
        force=config.force, licence=_licence(weights_file(config.model, weights)),
        samples=None if config.check is None else read_samples(config.check),
        quantising=_quantising(config, spec=model.input_spec, size_hw=size_hw, max_drop=max_drop),
    )  # fmt: skip
    print(f"{path} ({file_size_mib(path):.2f} MiB)\n{parity}{'' if parity.passed else ': MISSED, written by --force'}")
    if config.json is not None:
        atomic_write(config.json, json.dumps(asdict(parity) | {"passed": parity.passed}, indent=1).encode())
    tell_if_untrained(config.model, weights=weights)


def _max_drop(config: ExportConfig) -> float:
    """The allowed drop; what is about calibration images is refused where none are given."""
    from hondo.engines.quantization.sensitivity import MAX_DROP

    about_pictures = {"--max-drop": config.max_drop, "--calibration-count": config.calibration_count}
    given = [option for option, value in about_pictures.items() if value is not None]
    if given and config.calibration is None:
        raise HondoError(f"{given[0]} is about images: add --calibration SOURCE, or leave it out")
    return MAX_DROP if config.max_drop is None else parse_share(config.max_drop, option="--max-drop")


def _quantising(config: ExportConfig, *, spec: InputSpec, size_hw: Size, max_drop: float) -> "Quantising | None":
    from hondo.engines.quantization.calibration import COUNT
    from hondo.engines.quantization.validation import Quantising
    from hondo.video.sources.sampling import read_calibration

    if config.calibration is None:
        return None
    count = COUNT if config.calibration_count is None else config.calibration_count
    calibration = read_calibration(config.calibration, spec=spec, size_hw=size_hw, count=count, on_progress=_tell)
    _tell(f"{len(calibration)} calibration images; a large model takes minutes before the next line")
    return Quantising(calibration=calibration, max_drop=max_drop, on_progress=_tell)


def _tell(line: str) -> None:
    print(f"hondo: {line}", file=sys.stderr, flush=True)


def _licence(weights: Path | None) -> str:
    """The licence that an own checkpoint states."""
    from hondo.models.base.weights_file import read_header

    return read_header(weights).licence if weights is not None and weights.suffix == ".safetensors" else ""
