"""hondo compress from end to end."""

import numpy as np
import pytest
import torch

from hondo.cli.main import main
from hondo.images.read import write_image
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from tests.compress.conftest import TINY_HYBRID


@pytest.fixture
def file(tmp_path) -> str:
    torch.manual_seed(0)
    model = build_model("dpt-fast", "random", **TINY_HYBRID)
    return str(save_model(model, tmp_path / "in.safetensors", licence="MIT", training={}))


def test_steps(file: str, tmp_path, capsys) -> None:
    out = tmp_path / "out.safetensors"
    assert main(["compress", file, "--steps", "hooks=0,1 | readout=ignore | width=0.5", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "| readout=ignore |" in shown and "100 % kept" in shown and out.exists()


def test_one_method_on_calibration_images(file: str, tmp_path, capsys) -> None:
    (tmp_path / "photos").mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (8, 64, 96, 3), dtype=np.uint8)):
        write_image(tmp_path / "photos" / f"{number}.png", image)
    asked = ["--method", "heads", "--to", "2:gradient", "--calibration", str(tmp_path / "photos")]
    assert main(["compress", file, *asked, "--out", str(tmp_path / "out")]) == 0
    assert "2 of 3 heads by gradient" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --steps"),
        (["--steps", "heads=1", "--method", "heads"], "one of the two"),
        (["--steps", "heads=1", "--to", "1"], "--to is the value of --method"),
        (["--steps", "heads=1", "--finetune-steps", "1"], "is of --finetune"),
        (["--steps", "heads=1 | distil"], "need images of your scenes: add --data"),
        (["--steps", "int8 | heads=1", "--data", "."], "step 'int8' ends a pipeline"),
        (["--steps", "distil=often", "--data", "."], "must be like distil, distil=500 or distil=60s"),
        (["--steps", "distill", "--data", "."], "unknown step 'distill'; did you mean distil"),
        (["--steps", "heads=1", "--finetune", "magic"], "unknown recipe 'magic'"),
        (["--method", "heads"], "must be NAME=VALUE, e.g. heads=1"),
        (["--method", "heads", "--to", "1:gradient"], "give calibration images"),
        (["--steps", "hooks=1,0"], "2 rising block indices below 2"),
        (["--steps", "heads=5"], "5 heads do not divide the 192 channels"),
        (["--steps", "attention=window"], "nothing would be saved"),
    ],
)
def test_wrong_requests_are_one_line(arguments: list[str], message: str, file: str, tmp_path, capsys) -> None:
    assert main(["compress", file, "--out", str(tmp_path / "out"), *arguments]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out.safetensors").exists()
