"""hondo evaluate as it is typed: numbers, files, exit codes."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.cli.main import main
from tests.contracts.dataset_trees import TREES, kitti_drive


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Three 48x64 pairs; the depth of each is a ramp."""
    root = tmp_path / "pairs"
    root.mkdir()
    with (root / "manifest.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image", "depth", "divide_by", "domain"))
        for index in range(3):
            rng = np.random.default_rng(index)
            cv2.imwrite(str(root / f"{index}.png"), rng.integers(0, 255, (48, 64, 3)).astype(np.uint8))
            ramp = np.linspace(1000, 4000 + index, 48).astype(np.uint16)
            cv2.imwrite(str(root / f"{index}_depth.png"), np.repeat(ramp[:, None], 64, axis=1))
            rows.writerow((f"ramp_{index}", f"{index}.png", f"{index}_depth.png", 1000, "ramps"))
    return root


def evaluate(*arguments: object) -> int:
    return main(["evaluate", *map(str, arguments)])


def test_a_floor(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    out = tmp_path / "x.json"
    options = ("--data", "rgbd", "--root", pairs, "--align", "median", "--every", 2, "--json", out)
    assert evaluate("floor:constant", *options, "--figures", tmp_path / "figures") == 0
    stored = json.loads(out.read_text())
    assert stored["num_scored"] == 2 and stored["align"] == "median" and stored["protocol"] == "dense"
    assert "| floor:constant | 0." in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "best.png", "median.png", "worst.png", "errors.png", "report.md", "images.csv",
        "grid.png", "grid.svg", "metrics.png", "metrics.svg", "depth_ranges.png", "depth_ranges.svg",
    }  # fmt: skip


def test_predictions_of_somebody(pairs: Path, tmp_path: Path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for index in range(3):
        stored = cv2.imread(str(pairs / f"{index}_depth.png"), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(theirs / f"{index}.png"), stored)
    out = tmp_path / "x.json"
    assert evaluate(theirs, "--root", pairs, "--png-factor", 1000, "--json", out) == 0
    assert json.loads(out.read_text())["metrics"]["abs_rel"] == 0
    assert evaluate(theirs, "--root", pairs, "--pred-kind", "inverse_depht") == 2


def test_models_are_compared_on_the_same_images(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    stored, options = tmp_path / "constant.json", ("--root", pairs, "--align", "median")
    assert evaluate("floor:constant", *options, "--json", stored) == 0
    assert evaluate("floor:row-plane", *options, "--against", "floor:constant", stored) == 0
    shown = capsys.readouterr().out
    assert "## floor:constant minus floor:row-plane" in shown and "| floor:constant (constant) | 0." in shown
    assert evaluate("floor:row-plane", "--root", pairs, "--against", stored) == 2
    assert "alignment none, floor:constant with median" in capsys.readouterr().err


def test_flip_averaging_is_for_models(pairs: Path, capsys: pytest.CaptureFixture):
    options = ("--root", pairs, "--align", "median", "--weights", "random", "--engine", "pytorch", "--size", "64x64")
    assert evaluate("hondo-nano", *options, "--only", "ramp_1", "--flip") == 0
    assert "- flip averaging" in capsys.readouterr().out
    assert evaluate("floor:constant", "--root", pairs, "--align", "median", "--flip") == 2
    assert "floor:constant is no model: --flip needs one" in capsys.readouterr().err


def test_a_model(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    options = ("--root", pairs, "--align", "median", "--weights", "random", "--engine", "pytorch", "--size", "64x64")
    assert evaluate("hondo-nano", *options, "--only", "ramp_1") == 0
    assert "1 images scored, 0 skipped" in capsys.readouterr().out


def test_a_file_and_a_run_folder_are_named_as_typed_with_what_really_ran(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    path = tmp_path / "small.onnx"
    export = (
        "export",
        "unet-light",
        "--weights",
        "random",
        "--to",
        "onnx",
        "--precision",
        "int8-weights",
        "--size",
        "32x64",
    )
    assert main([*export, "--out", str(path), "--force"]) == 0
    assert evaluate(path, "--root", pairs, "--align", "median", "--only", "ramp_1") == 0
    shown = capsys.readouterr().out
    assert f"| {path} |" in shown and "- network size 32x64, int8-weights, engine onnx" in shown
    assert main(["predict", str(pairs / "1.png"), "--model", str(path), "--out", str(tmp_path / "out")]) == 0
    stored = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert (stored["model"], stored["precision"], stored["engine"]) == (str(path), "int8-weights", "onnx")


def test_skipped_samples_are_shown_and_exit_1(pairs: Path, capsys: pytest.CaptureFixture):
    (pairs / "1_depth.png").write_bytes(b"broken")
    assert evaluate("floor:constant", "--root", pairs, "--align", "median") == 1
    assert "2 images scored, 1 skipped" in capsys.readouterr().out


def test_flicker_of_a_clip_with_and_without_depth(tmp_path: Path, capsys: pytest.CaptureFixture):
    from hondo.data.datasets.embedded_clip import embedded_clip

    clip, few = embedded_clip(), ("--data-option", "stop=9", "--align", "median", "--flicker")
    out = tmp_path / "x.json"
    assert evaluate("floor:constant", "--data", "frames", "--root", clip.folder, *few, "--json", out) == 0
    rows = {row["name"]: row["value"] for row in json.loads(out.read_text())["rows"]}
    assert rows["flicker"] == 0 and rows["abs_rel"] > 0
    assert "flicker over 8 pairs of frames" in capsys.readouterr().out
    assert evaluate("floor:constant", "--data", "frames", "--root", clip.images, *few, "--json", out) == 0
    assert [row["name"] for row in json.loads(out.read_text())["rows"]] == ["flicker"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("floor:constant", "--align", "mean"), "unknown alignment"),
        (("floor:constant", "--protocol", "kitti"), "unknown protocol 'kitti'"),
        (("floor:constant",), "--align median"),
        (("floor:cons", "--align", "median"), "did you mean floor:constant"),
        (("no-such-model", "--align", "median"), "no-such-model"),
        (("floor:constant", "--data", "rgb"), "did you mean rgbd"),
        (("floor:constant", "--data-option", "stride=2"), "has no option stride"),
        (("floor:constant", "--camera", "525,525,320,240"), "has no option camera"),
        (("floor:constant", "--root", "nowhere"), "--root nowhere does not exist"),
        (("floor:constant", "--only", "x"), "no rows of domain or id prefix 'x'"),
    ],
)
def test_bad_options_are_one_line_and_exit_2(pairs: Path, arguments: tuple, says: str, capsys: pytest.CaptureFixture):
    root = () if "--root" in arguments else ("--root", pairs)
    assert evaluate(*arguments, *root) == 2
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_the_embedded_clip(capsys: pytest.CaptureFixture):
    from hondo.data.datasets.embedded_clip import embedded_clip

    arguments = ("--data", "frames", "--root", embedded_clip().folder, "--align", "median", "--every", 6)
    assert evaluate("floor:row-plane", *arguments) == 0
    assert "4 images scored" in capsys.readouterr().out


def test_a_published_data_set(tmp_path: Path, capsys: pytest.CaptureFixture):
    kitti_drive(tmp_path / "kitti")
    root, mine = tmp_path / "kitti", tmp_path / "mine_files.txt"
    mine.write_text("2011_09_26/2011_09_26_drive_0001_sync 6 l\n2011_09_26/2011_09_26_drive_0001_sync 7 l\n")
    options = ("--data", "kitti", "--root", root, "--protocol", "kitti-eigen-annotated-garg", "--align", "median")
    assert evaluate("floor:constant", *options, "--split", mine) == 0
    assert "2 images scored, 0 skipped" in capsys.readouterr().out
    assert evaluate("floor:constant", *options, "--split", "eigen/test") == 2
    assert "give --lists FOLDER" in capsys.readouterr().err


def test_truth_without_metres_needs_an_alignment(tmp_path: Path, capsys: pytest.CaptureFixture):
    for name in ("redweb", "diw"):
        (tmp_path / name).mkdir()
        TREES[name](tmp_path / name)
    assert evaluate("floor:constant", "--data", "redweb", "--root", tmp_path / "redweb", "--align", "median") == 2
    assert "not in metres; use --align scale-shift" in capsys.readouterr().err
    assert evaluate("floor:row-plane", "--data", "diw", "--root", tmp_path / "diw") == 2
    assert "no sample could be scored" in capsys.readouterr().err
