"""What is evaluated: a model, a folder of predictions, or a baseline that looks at no image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hondo.core.errors import HondoError, unknown
from hondo.core.sample import Sample
from hondo.core.types import DepthKind, DepthMap
from hondo.engines.load import ModelSettings
from hondo.evaluate.accuracy.evaluation import Predict, predict_with
from hondo.evaluate.accuracy.flip_average import flip_averaged
from hondo.evaluate.accuracy.predictions import PredictionFolder, is_prediction_folder
from hondo.geometry.depth_units import invert_depth

PREFIX = "floor:"


def constant(sample: Sample) -> DepthMap:
    """The same depth at every pixel, up to scale."""
    values = np.ones(tuple(sample.image.shape[-2:]), dtype=np.float32)
    return DepthMap(values=values, kind=DepthKind.SCALED_INVERSE_DEPTH, camera=sample.camera)


def row_plane(sample: Sample) -> DepthMap:
    """An oracle: inverse depth linear in the row, fitted (least squares) to the ground truth of the image.

    The far end is held at the farthest depth of the ground truth, so that inverse depth stays positive.
    """
    if sample.depth_gt is None or sample.valid is None or not sample.valid.any():
        raise HondoError("the row plane is fitted to ground truth, and the sample has none")
    depth, valid = sample.depth_gt[0].double().numpy(), sample.valid[0].numpy()
    rows = np.arange(depth.shape[0]) + 0.5
    inverse = invert_depth(depth[valid])
    at = np.nonzero(valid)[0] + 0.5
    design = np.stack([at, np.ones_like(at)], axis=1)  # (n 2)
    slope, start = np.linalg.lstsq(design, inverse, rcond=None)[0]
    plane = np.maximum(slope * rows + start, inverse.min())  # (h)
    values = np.repeat(plane[:, None], depth.shape[1], axis=1).astype(np.float32)
    return DepthMap(values=values, kind=DepthKind.METRIC_INVERSE_DEPTH, camera=sample.camera)


BASELINES: dict[str, Callable[[Sample], DepthMap]] = {"floor:constant": constant, "floor:row-plane": row_plane}


def baseline_named(name: str) -> Callable[[Sample], DepthMap]:
    """An entry of BASELINES."""
    if name not in BASELINES:
        raise unknown("baseline", name, BASELINES)
    return BASELINES[name]


NYU_PNG_FACTOR, KITTI_PNG_FACTOR = 1000.0, 256.0  # the usual factors of published predictions


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is evaluated: its name, its prediction of a sample, notes for the report."""

    name: str
    predict: Predict
    notes: tuple[str, ...] = ()
    close: Callable[[], None] = lambda: None
    is_model: bool = False  # its predictions take time that can be compared

    def flip_averaged(self) -> "Subject":
        """The same model on images and their mirror images; refuses what looks at no image."""
        if not self.is_model:
            raise HondoError(f"{self.name} is no model: flip=True needs one, which is shown the mirrored image too")
        return replace(self, predict=flip_averaged(self.predict), notes=(*self.notes, "flip averaging"))


@dataclass(frozen=True, kw_only=True)
class PredictionSettings:
    """How files of others are read; None: by the protocol (NYU 1000, else 256)."""

    png_factor: float | None = None
    kind: DepthKind = DepthKind.METRIC_DEPTH


def open_subject(
    name: str, *, origins: Sequence[str], protocol: str, model: ModelSettings, predictions: PredictionSettings
) -> Subject:
    """Opens a baseline (its name starts with ``floor:``), a folder of predictions, or anything hondo.load takes."""
    if name.startswith(PREFIX):
        return Subject(name=name, predict=baseline_named(name))
    if is_prediction_folder(Path(name)):
        default = NYU_PNG_FACTOR if protocol.startswith("nyu") else KITTI_PNG_FACTOR
        factor = predictions.png_factor or default
        folder = PredictionFolder(name, origins, kind=predictions.kind, png_factor=factor)
        assumed = f"files that do not say what they hold are read as {predictions.kind}, PNG16 x {factor:g}"
        return Subject(name=name, predict=folder, notes=() if folder.index else (assumed,))
    return _model(name, model)


def _model(name: str, settings: ModelSettings) -> Subject:
    if Path(name).is_dir() and not any(Path(name).iterdir()):
        raise HondoError(f"{name}: the folder is empty; give a run folder, a model, or a folder of predictions")
    predictor = settings.load(name)
    height, width = predictor.input_spec.size_hw
    notes = (f"network size {height}x{width}, {predictor.precision}, engine {predictor.engine}",)
    return Subject(name=name, predict=predict_with(predictor), notes=notes, close=predictor.close, is_model=True)
