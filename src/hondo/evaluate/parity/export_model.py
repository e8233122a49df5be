"""Exports a model by name to a file that is checked against torch: what ``hondo export`` does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.types import InputSpec, Size
from hondo.engines.base.engine import ExportOptions
from hondo.engines.load import ModelSettings, weights_file
from hondo.engines.quantization.calibration import MAX_ABS_REL_ERROR, Calibration, QuantizationOptions
from hondo.engines.quantization.unlike_data import warn_if_unlike
from hondo.engines.registry import ENGINES
from hondo.evaluate.parity.parity import Parity, export_checked
from hondo.evaluate.speed.memory import file_size_mib
from hondo.models.base.weights_file import own_header
from hondo.models.download.named_weights import has_origin
from hondo.models.registry.facts import stored_facts

# Reads calibration images for a network of this input and size.
ReadCalibration = Callable[[InputSpec, Size], Calibration]


@dataclass(frozen=True, kw_only=True)
class ExportedFile:
    """What was written, and how far it is from torch."""

    path: Path
    size_mib: float | None
    parity: Parity


def export_model(
    model: str,
    out: Path,
    *,
    engine: str,
    settings: ModelSettings,
    dynamic: bool = False,
    batch: int = 1,
    force: bool = False,
    samples: Samples | None = None,
    calibration: ReadCalibration | None = None,
    max_drop: float | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> ExportedFile:
    """Exports to ``out`` (its suffix may be left out) at the size and in the precision of ``settings``.

    ``samples``: what the file is compared with torch on; None: made-up images, or half of the calibration images.
    ``max_drop``: how far int8 depth may be off the model's (relative abs_rel).
    """
    if max_drop is not None and calibration is None:
        raise HondoError(
            "max_drop is about calibration images: add calibration=SOURCE, or leave it out", field="max_drop"
        )
    if settings.confidence and engine == "torch":
        raise HondoError(
            "a .safetensors file holds the weights alone: give confidence where it is used, not here",
            field="confidence",
        )
    target, options = ENGINES[engine], ExportOptions(precision=settings.precision, dynamic=dynamic, batch=batch)
    path = out if out.suffix else out.with_suffix(target.suffix)
    target.check_export(path, options, has_images=calibration is not None)
    built = settings.build(model)
    size_hw = settings.size_hw or built.input_spec.size_hw
    quantization = None
    if calibration is not None:
        images = calibration(built.input_spec, size_hw)
        on_progress(f"{len(images)} calibration images; a large model takes minutes before the next line")
        warn_if_unlike(images, _training_of(model, settings), model=model)
        allowed = MAX_ABS_REL_ERROR if max_drop is None else max_drop
        quantization = QuantizationOptions(calibration=images, max_abs_rel_error=allowed, on_progress=on_progress)
    parity = export_checked(
        built, path, engine=engine, size_hw=size_hw, precision=settings.precision, dynamic=dynamic, batch=batch,
        force=force, licence=licence_of(model, settings), samples=samples, quantization=quantization,
    )  # fmt: skip
    return ExportedFile(path=path, size_mib=file_size_mib(path), parity=parity)


def _training_of(model: str, settings: ModelSettings) -> dict[str, Any]:
    """The training report in a checkpoint written by hondo; empty for others."""
    file = weights_file(model, settings.weights, settings.options)
    header = own_header(file) if file is not None else None
    return {} if header is None else header.training


def licence_of(model: str, settings: ModelSettings) -> str:
    """Of the weights: what a checkpoint written by hondo states, else that of the published weights of the model."""
    file = weights_file(model, settings.weights, settings.options)
    if header := own_header(file) if file is not None else None:
        return header.licence
    facts = [] if settings.weights == "random" else stored_facts()
    return next((fact.licence for fact in facts if fact.name == model and has_origin(fact)), "")
