import json
import signal
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.data.datasets.dataset_configs import FramesData, RgbdData
from hondo.models.registry.build_model import build_model
from hondo.recipes import pipeline
from hondo.recipes.depth_recipes import rgbd
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import EvaluateConfig, ModelConfig
from hondo.recipes.video_recipes import distil, video
from hondo.train.loop.loop_config import FabricConfig
from tests.recipes.tiny import tiny


@pytest.fixture(autouse=True)
def nothing_follows_the_clock(monkeypatch):
    """precision="auto" takes what is fastest at the moment: another result of the same seed on a busy machine."""

    def refuse(*arguments, **options):
        raise AssertionError("a run must not choose its precision by the time it takes")

    monkeypatch.setattr("hondo.engines.load.load_auto_precision", refuse)


def test_video_leaves_a_run_folder_that_is_a_model(clip, tmp_path):
    out = tmp_path / "run"
    trained = run(tiny(video(), clip), out=out)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        "recipe.json",
        "metrics.jsonl",
        "report.md",
        "samples/000003.jpg",
        "checkpoints/last.state",
        "checkpoints/before.state",
        next(iter(files & {path for path in files if path.startswith("camera_path/")})),
        "checkpoints/last.safetensors",
    }
    image = torch.rand(1, 3, 32, 64)
    again = build_model(out)
    assert torch.equal(again(image)[0], trained.model(image)[0])
    assert "Training: video" in (out / "report.md").read_text()
    assert json.loads((out / "recipe.json").read_text())["name"] == "video"


@pytest.mark.parametrize("pose", ["network", "shared"])
def test_ctrl_c_leaves_a_run_that_resumes_bit_for_bit(clip, tmp_path, monkeypatch, pose):
    recipe = tiny(video(), clip, steps=6, objective=replace(video().objective, pose=pose))
    whole = run(recipe, out=tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "image_writer", lambda samples: _press_ctrl_c)  # the image of step 3
        with pytest.raises(KeyboardInterrupt):
            run(recipe, out=tmp_path / "stopped")
    resumed = run(recipe, out=tmp_path / "stopped", resume=True)
    expected, found = whole.model.state_dict(), resumed.model.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def _press_ctrl_c(model, path):
    """As Python does on Ctrl-C; a real signal could end the process that runs the tests."""
    signal.getsignal(signal.SIGINT)(signal.SIGINT, None)


@pytest.mark.parametrize("term", ["scale_invariant", "silog", "ssi"])
def test_rgbd_trains_with_each_loss_and_validates(manifest, tmp_path, term):
    recipe = rgbd()
    evaluate = EvaluateConfig(data=RgbdData(root=str(manifest), size_hw=None))
    objective = replace(recipe.objective, terms={term: 1.0})
    trained = run(tiny(recipe, manifest, objective=objective, evaluate=evaluate), out=tmp_path / "run")
    rows = {row.name: row.value for row in trained.report.rows}
    assert rows["steps"] == 3 and 0 < rows["abs_rel"] < 10
    assert (tmp_path / "run" / "checkpoints" / "best.safetensors").exists()


def test_depth_maps_that_hold_nothing_train_nothing(manifest, tmp_path):
    for number in range(4):
        cv2.imwrite(str(manifest / f"{number}d.png"), np.zeros((40, 64), np.uint16))
    with pytest.raises(HondoError, match=r"no depth is known in 4 samples looked at, the first .*0\.png"):
        run(tiny(rgbd(), manifest), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_labels_in_another_unit_are_named(manifest):
    text = (manifest / "manifest.csv").read_text()
    (manifest / "manifest.csv").write_text(text.replace(",1000", ",0.5"))
    with pytest.warns(HondoWarning, match=r"median depth of the labels is .* m: is divide_by right"):
        run(tiny(rgbd(), manifest, steps=1))


def test_video_without_intrinsics_is_refused_before_it_starts(clip, tmp_path):
    for path in (*clip.rglob("*.json"), *clip.rglob("K.txt")):
        path.unlink()
    with pytest.raises(HondoError, match=r"data\.camera"):
        run(tiny(video(), clip), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (video(), "give root=PATH"),
        (replace(rgbd(), data=RgbdData(root="nowhere")), "no manifest there"),
        (replace(video(), data=FramesData(root="nowhere")), "no such file or folder"),
        (replace(video(), model=ModelConfig(name="nano-pose")), "is not a depth model"),
        (replace(video(), model=ModelConfig(name="hondo-nanu")), "did you mean hondo-nano"),
    ],
)
def test_says_what_is_wrong_with_a_recipe(recipe, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        run(replace(recipe, fabric=FabricConfig(accelerator="cpu")), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_student_learns_from_frames_alone(clip, tmp_path):
    recipe = tiny(distil(), clip, objective=replace(distil().objective, teacher="unet-light", teacher_weights="random"))
    trained = run(recipe, out=tmp_path / "run")
    assert {row.name: row.value for row in trained.report.rows}["steps"] == 3


def test_the_frames_of_a_video_lie_in_the_run_and_go_with_it(clip, tmp_path, monkeypatch):
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 40))
    for path in sorted((clip / "images").iterdir()):
        writer.write(cv2.imread(str(path)))
    writer.release()
    out, seen = tmp_path / "run", []
    monkeypatch.setattr(pipeline, "fit", _looking(pipeline.fit, seen, out))
    recipe = tiny(video(), tmp_path / "clip.avi")
    recipe = replace(recipe, data=replace(recipe.data, camera="40,40,32,20", stop=5))
    run(recipe, out=out)
    assert seen == ["000000.png", "000001.png", "000002.png", "000003.png", "000004.png"]
    assert not list(out.glob("hondo-frames-*"))
    with pytest.raises(HondoError, match="holds a run already"):
        run(recipe, out=out)
    with pytest.raises(HondoError, match="camera 'nonsense'"):
        run(replace(recipe, data=replace(recipe.data, camera="nonsense")), out=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def _looking(fit, seen, out):
    def look(*arguments, **options):
        seen.extend(sorted(path.name for path in out.glob("hondo-frames-*/*.png")))
        return fit(*arguments, **options)

    return look


def test_the_time_before_training_is_part_of_max_seconds(clip, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(pipeline, "fit", lambda *_, optim, **options: given.append(optim.max_seconds) or 1 / 0)
    recipe = tiny(video(), clip)
    recipe = replace(recipe, optim=replace(recipe.optim, max_seconds=100.0))
    with pytest.raises(ZeroDivisionError):
        run(recipe, out=tmp_path / "run")
    assert 50 <= given[0] < 100
