"""hondo export from end to end."""

import numpy as np
import pytest

import hondo
from hondo.cli.main import main

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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "torch", "--out", "x.onnx"], "ends in .safetensors"),
        (["--to", "torch", "--out", "x.safetensors", "--precision", "int8"], "precision 'int8' is not offered"),
        (["--to", "steam", "--out", "x"], "--to"),
        (["--to", "torch"], "--out"),
    ],
)
def test_bad_options_are_2_and_one_line(arguments, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *MODEL, *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_exported_file_cannot_be_exported(tmp_path, capsys) -> None:
    assert main(["export", str(tmp_path / "a.onnx"), "--to", "onnx", "--out", "b.onnx"]) == 2
    assert "exported network" in capsys.readouterr().err
