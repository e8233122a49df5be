"""Folders of predictions: names, kinds and factors of others' files and of our own."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, DepthMap
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import evaluate_samples
from hondo.evaluate.accuracy.predictions import PredictionFolder, is_prediction_folder


def truth(samples: Rgbd, index: int) -> np.ndarray:
    """Metres without holes."""
    sample = samples[index]
    return np.where(sample.valid[0].numpy(), sample.depth_gt[0].numpy(), 3.0).astype(np.float32)


def abs_rel(folder: Path, samples: Rgbd, *, align: str = "none", **options: object) -> float:
    predictions = PredictionFolder(folder, samples.origins, **{"png_factor": 256.0, **options})
    return evaluate_samples(predictions, samples, subject="x", align=align).mean().abs_rel


def write_png(path: Path, metres: np.ndarray, *, factor: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.round(metres * factor).astype(np.uint16))


@pytest.mark.parametrize(
    "name", ["{:03d}.png", "{:03d}.depth.png", "image_{:03d}.png", "pairs_image_{:03d}.png", "image/{:03d}.png"]
)
def test_png_of_others(pairs: Path, tmp_path: Path, name: str):
    samples = Rgbd(pairs)
    for index in range(4):
        write_png(tmp_path / "theirs" / name.format(index), truth(samples, index), factor=256)
    assert abs_rel(tmp_path / "theirs", samples) < 1e-3
    assert abs_rel(tmp_path / "theirs", samples, png_factor=512.0) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("kind", [DepthKind.METRIC_DEPTH, DepthKind.METRIC_INVERSE_DEPTH])
def test_npy_of_others(pairs: Path, tmp_path: Path, kind: DepthKind):
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index in range(4):
        metres = truth(samples, index)
        np.save(folder / f"{index:03d}.npy", 1 / metres if kind.is_inverse else metres)
    assert abs_rel(folder, samples, kind=kind) < 1e-6


@pytest.mark.parametrize(
    ("kind", "align"),
    [
        (DepthKind.METRIC_DEPTH, "none"),
        (DepthKind.METRIC_INVERSE_DEPTH, "none"),
        (DepthKind.SCALED_INVERSE_DEPTH, "median"),
        (DepthKind.RELATIVE_INVERSE_DEPTH, "scale-shift"),
    ],
)
def test_our_own_png_knows_what_it_holds(pairs: Path, tmp_path: Path, kind: DepthKind, align: str):
    samples, folder = Rgbd(pairs), tmp_path / "ours"
    folder.mkdir()
    for index in range(4):
        metres = truth(samples, index)
        values = {"scaled_inverse_depth": 7 / metres, "relative_inverse_depth": 2 / metres - 5}
        plain = 1 / metres if kind.is_inverse else metres
        depth_map = DepthMap(values=values.get(str(kind), plain), kind=kind)
        depth_map.save(folder / f"{index:03d}.depth.png", png_factor=1000)
    assert abs_rel(folder, samples, align=align) < 1e-3


def test_predictions_json_names_kind_and_factor(pairs: Path, tmp_path: Path):
    samples, items = Rgbd(pairs), []
    for index, origin in enumerate(samples.origins):
        write_png(tmp_path / f"p{index}.png", 7 / truth(samples, index), factor=5000)
        items.append(
            {
                "source": origin,
                "png": f"p{index}.png",
                "kind": "scaled_inverse_depth",
                "unit": "",
                "factor": 5000,
                "offset": 0,
            }
        )
    items[3] |= {"png": None, "error": "broken"}
    (tmp_path / "predictions.json").write_text(json.dumps({"model": "m", "items": items}))
    predictions = PredictionFolder(tmp_path, samples.origins, png_factor=256.0)
    evaluation = evaluate_samples(predictions, samples, subject="x", align="median")
    assert evaluation.mean().abs_rel < 1e-3
    assert [item.index for item in evaluation.skipped] == [3]


def test_video_frames_are_counted(tmp_path: Path):
    items = [
        {"source": "clip.mp4", "png": f"{n}.png", "kind": "metric_depth", "unit": "m", "factor": 1, "time_s": n / 10}
        for n in range(3)
    ]
    (tmp_path / "predictions.json").write_text(json.dumps({"items": items}))
    write_png(tmp_path / "0.png", np.ones((2, 2)), factor=1)
    folder = PredictionFolder(tmp_path, [], png_factor=256.0)
    assert [Path(key).name for key in folder.index] == ["clip.mp4#000000", "clip.mp4#000001", "clip.mp4#000002"]


def test_a_stem_of_two_samples_is_not_enough(pairs: Path, tmp_path: Path):
    samples = Rgbd(pairs)
    write_png(tmp_path / "p" / "000.png", truth(samples, 0), factor=256)
    folder = PredictionFolder(tmp_path / "p", [*samples.origins, "elsewhere/000.png"], png_factor=256.0)
    with pytest.raises(HondoError, match="no prediction for this image"):
        folder(samples[0])


def test_missing_values_are_named(pairs: Path, tmp_path: Path):
    samples = Rgbd(pairs)
    for index in range(4):
        metres = truth(samples, index)
        metres[20, :10] = 0
        write_png(tmp_path / "theirs" / f"{index:03d}.png", metres, factor=256)
    with pytest.raises(HondoError, match="NaN or missing at 10 of"):
        abs_rel(tmp_path / "theirs", samples)


def test_refusals(pairs: Path, tmp_path: Path):
    with pytest.raises(HondoError, match="positive number"):
        PredictionFolder(pairs, [], png_factor=0.0)
    with pytest.raises(HondoError, match="no predictions"):
        (tmp_path / "empty").mkdir()
        PredictionFolder(tmp_path / "empty", [], png_factor=1.0)
    (pairs / "predictions.json").write_text('{"items": [{"source": "a"}]}')
    with pytest.raises(HondoError, match=r"not a predictions\.json"):
        PredictionFolder(pairs, [], png_factor=1.0)


def test_what_is_a_prediction_folder(pairs: Path, tmp_path: Path):
    assert is_prediction_folder(pairs)
    assert not is_prediction_folder(tmp_path / "nowhere") and not is_prediction_folder(pairs / "manifest.csv")
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "sample.png").touch()
    assert not is_prediction_folder(tmp_path / "run")
