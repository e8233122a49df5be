"""Folders of predictions: names, kinds and factors of others' files and of our own."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
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


def write_pfm_by_hand(path: Path, values: np.ndarray) -> None:
    """As MiDaS writes it: little-endian, rows from the bottom."""
    height, width = values.shape
    path.write_bytes(f"Pf\n{width} {height}\n-1.000000\n".encode() + np.flipud(values).astype("<f4").tobytes())


@pytest.mark.parametrize("suffix", [".pfm", ".npz", ".tif"])
def test_floats_of_others(pairs: Path, tmp_path: Path, suffix: str):
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index in range(4):
        path, values = folder / f"{index:03d}{suffix}", truth(samples, index)
        if suffix == ".pfm":
            write_pfm_by_hand(path, values)
        elif suffix == ".npz":
            np.savez(path, depth=values)
        else:
            cv2.imwrite(str(path), values)
    assert is_prediction_folder(folder) and abs_rel(folder, samples) < 1e-6


def test_floats_go_before_the_png_beside_them(pairs: Path, tmp_path: Path):
    """MiDaS writes NAME.pfm and a stretched NAME.png."""
    samples, folder = Rgbd(pairs), tmp_path / "midas"
    for index in range(4):
        inverse = 3000 / truth(samples, index) + 100
        write_png(folder / f"{index:03d}.png", np.zeros_like(inverse), factor=1)
        write_pfm_by_hand(folder / f"{index:03d}.pfm", inverse)
    assert abs_rel(folder, samples, align="scale-shift", kind=DepthKind.RELATIVE_INVERSE_DEPTH) < 1e-5


def test_zero_is_a_value_in_the_relative_png_of_others(pairs: Path, tmp_path: Path):
    samples, folder = Rgbd(pairs), tmp_path / "midas"
    for index in range(4):
        inverse = 1 / truth(samples, index)
        write_png(folder / f"{index:03d}.png", (inverse - inverse.min()) / np.ptp(inverse), factor=65535)
    assert abs_rel(folder, samples, align="scale-shift", kind=DepthKind.RELATIVE_INVERSE_DEPTH) < 1e-3


@pytest.mark.parametrize("end", ["-dpt_large_384", "_disp"])
def test_an_end_that_all_names_share_is_left_out(pairs: Path, tmp_path: Path, end: str):
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index in range(4):
        np.save(folder / f"{index:03d}{end}.npy", truth(samples, index))
    assert abs_rel(folder, samples) < 1e-6


@pytest.mark.parametrize("shape", [(4, 24, 32), (4, 1, 24, 32)])
@pytest.mark.parametrize("name", ["disps_eigen_split.npy", "stack.npz"])
@pytest.mark.parametrize("is_file", [True, False])
def test_a_stack_holds_the_maps_in_the_order_of_the_samples(
    pairs: Path, tmp_path: Path, name: str, shape: tuple[int, ...], is_file: bool
):
    samples = Rgbd(pairs)
    stack = np.stack([1 / truth(samples, index) for index in range(4)]).reshape(shape)
    path = tmp_path / "theirs" / name
    path.parent.mkdir()
    np.save(path, stack) if path.suffix == ".npy" else np.savez(path, data=stack)
    given = path if is_file else path.parent
    assert is_prediction_folder(given)
    assert abs_rel(given, samples, align="median", kind=DepthKind.SCALED_INVERSE_DEPTH) < 1e-6


def test_a_stack_of_another_number_is_refused(pairs: Path, tmp_path: Path):
    np.save(tmp_path / "disps.npy", np.ones((3, 24, 32)))
    with pytest.raises(HondoError, match="holds 3 maps, but the data has 4"):
        PredictionFolder(tmp_path / "disps.npy", Rgbd(pairs).origins, png_factor=256.0)


def test_nan_pixels_are_counted_and_skipped_if_asked(pairs: Path, tmp_path: Path):
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index in range(4):
        metres = 1.1 * truth(samples, index)
        metres[20, :10] = np.nan if index else metres[20, :10]
        np.save(folder / f"{index:03d}.npy", metres)
    with pytest.warns(HondoWarning, match="30 scored pixels in 3 of 4 predictions are NaN"):
        evaluation = evaluate_samples(
            PredictionFolder(folder, samples.origins, png_factor=256.0), samples, subject="x", skip_nan=True
        )
    assert evaluation.mean().abs_rel == pytest.approx(0.1) and [item.num_nan for item in evaluation.items] == [
        0,
        10,
        10,
        10,
    ]
    assert "30 scored pixels" in "\n".join(evaluation.report().notes)


def test_a_likely_mistake_is_in_the_report(pairs: Path, tmp_path: Path):
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index in range(4):
        np.save(folder / f"{index:03d}.npy", 1 / truth(samples, index))
    predictions = PredictionFolder(folder, samples.origins, png_factor=256.0)
    with pytest.warns(HondoWarning, match='pred_kind="scaled_inverse_depth"'):
        evaluation = evaluate_samples(predictions, samples, subject="x", align="median")
    assert any(note.startswith("warning: the predictions correlate") for note in evaluation.report().notes)


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


def test_hidden_files_are_no_predictions(pairs: Path, tmp_path: Path):
    """macOS leaves ``._000.npy`` next to each file on other disks."""
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    (folder / "__MACOSX").mkdir(parents=True)
    for index in range(4):
        np.save(folder / f"{index:03d}_disp.npy", truth(samples, index))
        (folder / f"._{index:03d}_disp.npy").write_bytes(b"\0\5\x16\7Mac OS X")
        (folder / "__MACOSX" / f"._{index:03d}_disp.npy").write_bytes(b"\0\5\x16\7Mac OS X")
    assert abs_rel(folder, samples) < 1e-6
    assert len(PredictionFolder(folder, samples.origins, png_factor=256.0).stems) == 4
    only_hidden = tmp_path / "hidden"
    only_hidden.mkdir()
    (only_hidden / "._000.npy").write_bytes(b"\0")
    assert not is_prediction_folder(only_hidden)


def test_names_with_a_hash_are_no_frames_of_videos(pairs: Path, tmp_path: Path):
    (pairs / "image/000.png").rename(pairs / "image/a#1.png")
    manifest = (pairs / "manifest.csv").read_text().replace("image/000.png", "image/a#1.png")
    (pairs / "manifest.csv").write_text(manifest)
    samples, folder = Rgbd(pairs), tmp_path / "theirs"
    folder.mkdir()
    for index, origin in enumerate(samples.origins):
        np.save(folder / f"{Path(origin).stem}.npy", truth(samples, index))
    assert abs_rel(folder, samples) < 1e-6
