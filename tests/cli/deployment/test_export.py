"""hondo export from end to end."""

import json

import numpy as np
import pytest

import hondo
from hondo.cli.main import main
from hondo.data.datasets.rgbd import write_rgbd
from hondo.images.read import write_image
from hondo.synthetic.scenes import SyntheticScenes

MODEL = ["unet-light", "--weights", "random", "--size", "32x64"]


def test_an_openvino_file_that_load_reads(tmp_path, capsys) -> None:
    pytest.importorskip("openvino")
    assert main(["export", *MODEL, "--to", "openvino", "--out", str(tmp_path / "net")]) == 0
    shown = capsys.readouterr().out
    assert "net.xml" in shown and "parity with torch (fp32): max difference" in shown
    predictor = hondo.load(tmp_path / "net.xml")
    assert predictor(np.full((40, 60, 3), 90, np.uint8)).values.shape == (40, 60)


def test_a_torch_file(tmp_path, capsys) -> None:
    path = tmp_path / "net.safetensors"
    assert main(["export", *MODEL, "--to", "torch", "--out", str(path), "--precision", "fp16"]) == 0
    assert hondo.load(path, engine="pytorch").name == "unet-light"


def test_pictures_with_ground_truth_check_it(tmp_path, capsys) -> None:
    samples = SyntheticScenes(length=2, size_hw=(32, 64), worlds={"simple": 1.0})
    write_rgbd(samples, tmp_path / "data")
    arguments = ["--to", "torch", "--precision", "fp16", "--out", str(tmp_path / "net"), "--force"]
    stored = tmp_path / "parity.json"
    assert main(["export", *MODEL, *arguments, "--check", str(tmp_path / "data"), "--json", str(stored)]) == 0
    shown = capsys.readouterr().out
    assert "rank correlation" in shown and "ground truth of 2 images" in shown
    parity = json.loads(stored.read_text())
    assert parity["pictures"] == 2 and parity["truth"]["torch"]["abs_rel"] > 0 and parity["passed"] in (True, False)
    plain = [*MODEL, *arguments, "--check", str(tmp_path / "data" / "image")]
    assert main(["export", *plain]) == 0 and "ground truth" not in capsys.readouterr().out


def photos(folder, count: int = 9) -> str:
    """Smooth images, each another."""
    folder.mkdir()
    for number, coarse in enumerate(np.random.default_rng(0).integers(0, 256, (count, 4, 8, 3), dtype=np.uint8)):
        write_image(folder / f"{number}.png", coarse.repeat(8, axis=0).repeat(8, axis=1))
    return str(folder)


def test_an_int8_file_of_openvino_is_judged_on_its_calibration_pictures(tmp_path, capsys) -> None:
    pytest.importorskip("openvino")
    pytest.importorskip("nncf")
    quantised = ["--precision", "int8", "--calibration", photos(tmp_path / "photos"), "--max-drop", "20%"]
    assert main(["export", *MODEL, "--to", "openvino", "--out", str(tmp_path / "net"), *quantised]) == 0
    shown = capsys.readouterr().out
    assert "parity with torch (int8)" in shown and "allowed 20.00% (9 images)" in shown
    assert hondo.load(tmp_path / "net.xml").precision == "int8"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "openvino", "--out", "x", "--precision", "int8"], "add --calibration SOURCE"),
        (
            ["--to", "openvino", "--out", "x", "--precision", "int8", "--calibration", "nowhere"],
            "nowhere: no such file",
        ),
        (
            ["--to", "openvino", "--out", "x", "--precision", "int8", "--calibration", ".", "--max-drop", "lots"],
            "--max-drop 'lots'",
        ),
        (["--to", "torch", "--out", "x", "--precision", "int8-weights", "--max-drop", "1%"], "add --calibration"),
        (["--to", "torch", "--out", "x.onnx"], "ends in .safetensors"),
        (["--to", "torch", "--out", "x.safetensors", "--precision", "int8"], "precision 'int8' is not offered"),
        (["--to", "steam", "--out", "x"], "--to"),
        (["--to", "torch"], "--out"),
        (["--to", "torch", "--out", "x", "--check", "nowhere"], "nowhere: no such file"),
    ],
)
def test_bad_options_are_2_and_one_line(arguments, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *MODEL, *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_exported_file_cannot_be_exported(tmp_path, capsys) -> None:
    (tmp_path / "a.onnx").touch()
    assert main(["export", str(tmp_path / "a.onnx"), "--to", "onnx", "--out", "b.onnx"]) == 2
    assert "exported network" in capsys.readouterr().err
