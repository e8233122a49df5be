import json

import cv2
import numpy as np
import pytest

from hondo.cli.main import main
from hondo.cli.training import train

QUICK = ["--model.name", "unet-light", "--fabric.accelerator", "cpu", "--batches.batch_size", "2"]
QUICK += ["--data.size_hw", "32", "64", "--loop.show_progress", "False"]


@pytest.fixture
def clip(tmp_path):
    folder = tmp_path / "clip"
    (folder / "images").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (32, 90, 3), dtype=np.uint8)
    for number in range(5):
        cv2.imwrite(str(folder / "images" / f"{number}.png"), noise[:, 3 * number : 3 * number + 64])
    camera = {"fx": 40, "fy": 40, "cx": 32, "cy": 16, "width": 64, "height": 32}
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    return folder


def test_trains_then_resumes_longer_with_its_own_recipe(clip, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert (
        main(
            [
                "train",
                "video",
                "--data",
                str(clip),
                "--out",
                out,
                "--optim.max_steps",
                "2",
                "--optim.lr",
                "3e-4",
                *QUICK,
            ]
        )
        == 0
    )
    assert "| video |" in capsys.readouterr().out
    assert main(["train", "--resume", out, "--optim.max-steps", "3"]) == 0
    stored = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert stored["optim"]["max_steps"] == 3 and stored["optim"]["lr"] == 3e-4
    assert stored["data"]["root"] == str(clip) and stored["model"]["name"] == "unet-light"
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [2, 3]
    assert main(["train", "video", "--resume", out, "--optim.max_steps", "4"]) == 0  # the recipe's name may stand there


def test_options_reach_the_recipe():
    options = ["--optim.betas", "0.5", "0.6", "--optim.lr_factors", "pose", "3", "--objective.auto-mask", "False"]
    recipe = train.parse(["video", *options, "--data.sources", "-2", "2", "--model.options", "size_hw", "64,96"]).recipe
    assert recipe.optim.betas == (0.5, 0.6) and recipe.optim.lr_factors == {"pose": 3.0}
    assert (
        recipe.model.options == {"size_hw": (64, 96)}
        and recipe.objective.auto_mask is False
        and recipe.data.sources == (-2, 2)
    )
    assert train.parse(["rgbd", "--data.max-bad", "0.05"]).recipe.batches.max_bad == 0.05
    logged = train.parse(["rgbd", "--log", "wandb", "tensorboard"])
    assert train.with_loggers(logged.recipe, logged.log).loop.log == ("wandb", "tensorboard")
    rgbd = train.parse(["rgbd", "--objective.terms", "silog", "1", "--data.only", "indoor"]).recipe
    assert rgbd.objective.terms == {"silog": 1.0} and rgbd.data.only == "indoor" and rgbd.name == "rgbd"


def test_help_lists_recipes_and_their_options(capsys):
    assert main(["train", "--help"]) == 0
    assert "rgbd" in (text := capsys.readouterr().out) and "hondo train --resume RUN" in text
    assert main(["train", "video", "--help"]) == 0
    assert "--optim.max-seconds" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["vidoe"], "did you mean video"),
        (["--out", "x"], "give a recipe first"),
        (["video", "--out", "unused"], "give --data PATH"),
        (["video", "--data", "nowhere", "--out", "unused"], "nowhere: no such file or folder"),
        (["video", "--optim.lr", "fast"], "--optim.lr"),
        (["video", "--optim.lr", "-1"], "must be positive"),
        (["video", "--optim.speed", "1"], "--optim.speed"),
        (["video", "--batches.workers", "-1"], "batches.workers must be at least 0, got -1"),
        (["video", "--optim.betas", "2", "3"], "optim.betas must be at least 0 and below 1, got 2 3"),
        (["video", "--optim.max-seconds", "0"], "optim.max_seconds must be positive, got 0"),
        (["video", "--fabric.devices", "0"], "fabric.devices must be at least 1, got 0"),
        (["video", "--data", ".", "--fabric.strategy", "ddq"], "unknown --fabric.strategy 'ddq'; did you mean"),
        (["video", "--data.size-hw", "0", "10"], "data.size_hw must be at least 16, got 0 10"),
        (["video", "--data.sources", "0"], "data.sources must be different offsets"),
        (["video", "--loop.checkpoint-seconds", "nan"], "loop.checkpoint_seconds must be positive, got nan"),
        (["video", "--augment.jpeg-quality", "90", "10"], "the smaller first, got 90 10"),
        (["--resume", "nowhere"], "recipe.json cannot be read"),
        (["--resume"], "give a recipe first"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(options, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *options]) == 2
    complaint = capsys.readouterr().err
    assert message in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "unused").exists()


def test_a_run_is_not_overwritten(clip, tmp_path, capsys):
    command = ["train", "video", "--data", str(clip), "--out", str(tmp_path / "run"), "--optim.max_steps", "1", *QUICK]
    assert main(command) == 0
    assert main(command) == 2
    assert "holds a run already; continue it with --resume" in capsys.readouterr().err
