"""``hondo export``: a model to a file of another runtime, written only if it agrees with torch."""

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import (
    EXPORT_OPTIONS,
    ModelArgument,
    SharedPrecisionOptions,
    SizeOption,
    model_settings,
    parse_size,
)
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.engines.load import ModelSettings
    from hondo.evaluate.parity.export_model import ExportedFile


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Exports MODEL, runs the file, and prints how far it is from torch."""

    model: ModelArgument
    """A name from `hondo models`, a run folder, or a .safetensors file."""
    to: Literal["onnx", "openvino", "tensorrt", "torch", "aot-inductor", "aot", "executorch"]
    """The runtime; aot is short for aot-inductor."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The file: .onnx, .xml (with a .bin), .engine, .pt2, .pte, .safetensors; the suffix may be left out."""
    size: SizeOption = None
    calibration: Annotated[str | None, shown_as("SOURCE")] = None
    """int8: a folder, glob or video of scenes like those the model will see. Half of the images set quantization
    ranges, half validate the file."""
    calibration_count: Annotated[int | None, shown_as("N")] = None
    """int8: how many of these images are used, evenly spread. Default: 64."""
    max_drop: Annotated[str | None, shown_as("SHARE")] = None
    """With --calibration: how far the depth may be off the full model's (relative abs_rel); the most sensitive layers
    stay in float for it. Default: 1%."""
    dynamic: bool = False
    """Any batch and input size (a multiple of the model's step) instead of one."""
    batch: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Images at once that a file of one size takes; `predict` and `bench` then run it in batches."""
    check: Annotated[str | None, shown_as("SOURCE")] = None
    """Images to compare with torch on: an image, folder, glob or video, or a folder with a manifest.csv, whose depth
    maps then score both (see docs/own-data.md). Default: two made-up images."""
    json: Annotated[Path | None, shown_as("FILE")] = None
    """Write the comparison to this file."""
    force: bool = False
    """Write the file even if it misses the tolerance."""
    network: SharedPrecisionOptions = EXPORT_OPTIONS


def run(config: ExportConfig) -> None:
    from hondo.evaluate.parity.export_model import export_model
    from hondo.video.sources.sampling import calibration_reader, read_samples

    count, max_drop = config.calibration_count, _max_drop(config.max_drop)
    on_progress = lambda line: print(f"hondo: {line}", file=sys.stderr, flush=True)  # noqa: E731
    exported = export_model(
        config.model, config.out, engine=config.to, settings=_settings(config), dynamic=config.dynamic,
        batch=config.batch, force=config.force, samples=None if config.check is None else read_samples(config.check),
        calibration=calibration_reader(config.calibration, count=count, on_progress=on_progress),
        max_drop=max_drop, on_progress=on_progress,
    )  # fmt: skip
    _report(exported, json_path=config.json)


def _settings(config: ExportConfig) -> "ModelSettings":
    settings = model_settings(config.network)
    return replace(settings, size_hw=parse_size(config.size), precision=config.network.precision)


def _max_drop(text: str | None) -> float | None:
    return None if text is None else parse_share(text, option="--max-drop")


def _report(exported: "ExportedFile", *, json_path: Path | None) -> None:
    from hondo.core.atomic import atomic_write

    parity = exported.parity
    missed = "" if parity.passed else ": MISSED, written by --force"
    print(f"{exported.path} ({exported.size_mib:.2f} MiB)\n{parity}{missed}")
    if json_path is not None:
        stored = asdict(parity) | {"passed": parity.passed, "pictures": parity.images}  # its name in earlier versions
        atomic_write(json_path, json.dumps(stored, indent=1).encode())


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
