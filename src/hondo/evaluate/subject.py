"""What is evaluated: a model, a folder of predictions or a floor, all as one function of a sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Size
from hondo.evaluate.accuracy import Predict, predict_with
from hondo.evaluate.floors import PREFIX, floor_named
from hondo.evaluate.predictions import PredictionFolder, is_prediction_folder

NYU_PNG_FACTOR, KITTI_PNG_FACTOR = 1000.0, 256.0  # what the field stores predictions of each with


@dataclass(frozen=True, kw_only=True)
class Subject:
    name: str
    predict: Predict
    notes: tuple[str, ...] = ()
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """How a model is loaded (see hondo.load)."""

    weights: str | None = None
    engine: str = "auto"
    device: str = "auto"
    precision: str = "fp32"
    size_hw: Size | None = None
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PredictionSettings:
    """How files of others are read; None: by the protocol (NYU 1000, else 256)."""

    png_factor: float | None = None
    kind: DepthKind = DepthKind.METRIC_DEPTH


def open_subject(
    name: str, *, origins: Sequence[str], protocol: str, model: ModelSettings, predictions: PredictionSettings
) -> Subject:
    """A name starting with floor:, a folder of predictions, or anything hondo.load takes."""
    if name.startswith(PREFIX):
        return Subject(name=name, predict=floor_named(name))
    if is_prediction_folder(Path(name)):
        default = NYU_PNG_FACTOR if protocol.startswith("nyu") else KITTI_PNG_FACTOR
        factor = predictions.png_factor or default
        folder = PredictionFolder(name, origins, kind=predictions.kind, png_factor=factor)
        assumed = f"files that do not say what they hold are read as {predictions.kind}, PNG16 x {factor:g}"
        return Subject(name=folder.name, predict=folder, notes=() if folder.index else (assumed,))
    return _model(name, model)


def _model(name: str, settings: ModelSettings) -> Subject:
    from hondo.engines.load import load

    if Path(name).is_dir() and not any(Path(name).iterdir()):
        raise HondoError(f"{name}: the folder is empty; give a run folder, a model, or a folder of predictions")
    predictor = load(
        name,
        weights=settings.weights,
        engine=settings.engine,
        device=settings.device,
        size_hw=settings.size_hw,
        precision=settings.precision,
        **dict(settings.options),
    )
    height, width = predictor.input_spec.size_hw
    notes = (f"network size {height}x{width}, {settings.precision}, engine {settings.engine}",)
    return Subject(name=predictor.name, predict=predict_with(predictor), notes=notes, close=predictor.close)
