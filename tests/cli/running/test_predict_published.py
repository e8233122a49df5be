"""hondo predict with the architectures of others: files as their authors publish them, options, and kinds of depth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import hondo
from hondo.cli.main import main
from hondo.images.read import write_image
from hondo.models.registry.build_model import build_model
from tests.contracts.tiny import DPT_TINY
from tests.models.published.test_fastdepth import authors_module

TINY_DPT = {key: value for key, value in DPT_TINY.items() if key != "size_hw"}
KINDS = {  # a member of each kind, made small
    "dpt-hybrid-kitti": (TINY_DPT, "metric_depth", "m"),
    "dpt-large": (TINY_DPT, "relative_inverse_depth", "relative"),
    "unet-light": ({}, "scaled_inverse_depth", "scaled"),
}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return write_image(tmp_path / "in" / "photo.png", pixels)


def predict(photo: Path, out: Path, *arguments: object) -> int:
    return main(["predict", str(photo), "--out", str(out), "--engine", "pytorch", *map(str, arguments)])


def as_arguments(options: dict[str, Any]) -> list[str]:
    texts = {key: ",".join(map(str, value)) if isinstance(value, tuple) else value for key, value in options.items()}
    return [word for key, value in texts.items() for word in ("--option", f"{key}={value}")]


@pytest.mark.parametrize("name", KINDS)
def test_a_depth_map_keeps_the_kind_of_its_model(name: str, photo: Path, tmp_path: Path) -> None:
    options, kind, unit = KINDS[name]
    out = tmp_path / "out"
    assert predict(photo, out, "--model", name, "--weights", "random", "--size", "64x96", *as_arguments(options)) == 0
    (item,) = json.loads((out / "predictions.json").read_text())["items"]
    assert item["kind"] == kind and (item["unit"] == "m") == (unit == "m")
    depth_map = hondo.load(name, weights="random", engine="pytorch", size_hw=(64, 96), **options)(photo)
    assert depth_map.values.shape == (40, 60) and str(depth_map.kind) == kind
    if unit == "m":
        assert depth_map.depth() is depth_map.values
    else:
        with pytest.raises(ValueError, match="its scale is not known"):
            depth_map.depth()


def test_the_authors_file_goes_in_as_published(photo: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model("fastdepth", encoder_widths=(8,) * 14, decoder_widths=(8, 8))
    torch.save({"state_dict": authors_module(model).state_dict()}, tmp_path / "model_best.pth.tar")
    out = tmp_path / "out"
    arguments = ("--model", "fastdepth-pruned", "--weights", tmp_path / "model_best.pth.tar", "--save", "npy")
    assert predict(photo, out, *arguments, "--size", "64x96") == 0
    stored = json.loads((out / "predictions.json").read_text())
    assert stored["model"] == "fastdepth-pruned" and len(stored["weights_sha256"]) == 64
    expected = hondo.load(model, engine="pytorch", size_hw=(64, 96))(photo)
    assert np.allclose(np.load(out / "photo.depth.npy"), expected.values, atol=1e-6)


def test_options_choose_heads_and_hooks(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rest = as_arguments({key: value for key, value in TINY_DPT.items() if key != "hooks"})
    arguments = ("--model", "dpt", "--weights", "random", "--size", "64x96", *rest, "--option", "num_heads=1")
    assert predict(photo, tmp_path / "out", *arguments, "--option", "hooks=0,1,2,3") == 0
    assert predict(photo, tmp_path / "out", *arguments, "--option", "hooks=0,1,2,99") == 2
    assert "99" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("num_heads=one", "option 'num_heads' of model 'dpt-thesis' is an int, got 'one'"),
        ("hooks=a,b", "option 'hooks' of model 'dpt-thesis' is a tuple[int, ...], got ('a', 'b')"),
        ("heads=1", "no option 'heads'"),
        ("size_hw=64,96", "give --size HxW instead"),
    ],
)
def test_a_wrong_option_is_one_line(
    option: str, said: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--model", "dpt-thesis", "--weights", "random", "--option", option)
    assert predict(photo, tmp_path / "out", *arguments) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("name", ["fastdepth", "adabins-kitti", "dpt-hybrid-kitti", "depth-anything-s", "vtdepth-b0"])
def test_a_file_of_something_else_is_one_line(
    name: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"model": {"fc.weight": torch.zeros(3, 3)}}, tmp_path / "w.pt")
    assert predict(photo, tmp_path / "out", "--model", name, "--weights", tmp_path / "w.pt") == 2
    error = capsys.readouterr().err
    assert "w.pt" in error and error.count("\n") == 1
