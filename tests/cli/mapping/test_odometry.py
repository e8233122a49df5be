"""hondo odometry from end to end, on a textured box and an untrained network."""

import json

import numpy as np
import pytest

from hondo.cli.main import main
from hondo.images.read import write_image
from tests.mapping.textured_room import circle, write_walk

MODEL = ["--model", "unet-light", "--weights", "random", "--engine", "torch", "--precision", "fp32", "--size", "32x64"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_walk(tmp_path_factory.mktemp("walk"), circle(8, turn=0.4))


def odometry(*arguments: object) -> int:
    return main(["odometry", *MODEL, *map(str, arguments)])


def test_a_folder_gives_its_path_and_score(clip, tmp_path, capsys) -> None:
    pytest.importorskip("evo")
    assert odometry(clip, "--out", tmp_path, "--truth", clip / "poses.txt", "--fps", 10) == 0
    shown = capsys.readouterr().out
    assert "8 poses" in shown and "drift" in shown
    assert np.loadtxt(tmp_path / "trajectory.tum").shape == (8, 8)
    assert np.loadtxt(tmp_path / "trajectory.kitti").shape == (8, 12)
    stored = json.loads((tmp_path / "odometry.json").read_text())
    assert stored["frames"] == 8 and stored["unit"] == "up to one scale" and stored["score"]
    assert (tmp_path / "trajectory.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["IMAGES"], "--camera FILE"),
        (["missing.mp4"], "missing.mp4: no such file"),
        (["CLIP", "--truth", "WRONG"], "lines of 3 numbers are no known format"),
        (["CLIP", "--pose", "network"], "holds no pose network; give --pose two-view"),
        (["STILL"], "stands still or only turns"),
        (["CLIP", "--model", "dpt-large", "--limit", "1"], "1 image"),
        (["CLIP", "--model", "midas-small"], "midas-small"),
    ],
)
def test_bad_input_is_one_line(arguments, said, clip, tmp_path, capsys) -> None:
    (tmp_path / "wrong.txt").write_text("1 2 3\n")
    still = tmp_path / "still"
    image = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    for number in range(3):
        write_image(still / "images" / f"{number}.png", image)
    (still / "K.txt").write_text("90 0 48\n0 90 32\n0 0 1\n")
    names = {"IMAGES": clip / "images", "CLIP": clip, "WRONG": tmp_path / "wrong.txt", "STILL": still}
    assert odometry(*(names.get(each, each) for each in arguments), "--out", tmp_path / "out") == 2
    shown = capsys.readouterr().err
    assert said in shown and "Traceback" not in shown
