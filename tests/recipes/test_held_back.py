"""The last frames of a clip are not trained on: they say what training gained."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoWarning
from hondo.core.types import DepthKind
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.clips import Clips
from hondo.images.read import read_image
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.held_back import Comparison, compare, held_back_samples, hold_back
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import BatchesConfig, ModelConfig
from hondo.recipes.video_recipes import video
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from tests.recipes.tiny import tiny
from tests.train.objectives.test_self_supervised import wall


@pytest.fixture
def passing_wall(tmp_path: Path) -> Path:
    """40 images of a wall 2 m away that passes by at 0.1 m an image, with depth and poses."""
    noise = np.random.default_rng(0).integers(0, 255, (48, 144, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 1.5)
    for name in ("images", "depth"):
        (tmp_path / "clip" / name).mkdir(parents=True)
    poses = []
    for number in range(40):
        cv2.imwrite(str(tmp_path / "clip" / "images" / f"{number:03d}.png"), texture[:, 2 * number : 2 * number + 64])
        cv2.imwrite(str(tmp_path / "clip" / "depth" / f"{number:03d}.png"), np.full((48, 64), 2000, np.uint16))
        pose = np.eye(4)
        pose[0, 3] = 0.1 * number
        poses.append(" ".join(map(str, pose.ravel())))
    (tmp_path / "clip" / "poses.txt").write_text("\n".join(poses))
    return tmp_path / "clip"


def opened(root: Path) -> Frames:
    return Frames(root, camera="40,40,32,24", sources=(-1, 1), with_depth=False)


def test_the_last_frames_are_seen_by_no_training_sample(passing_wall):
    clip = opened(passing_wall)
    kept = hold_back(clip, 0.1)
    assert clip.held_back == [35, 36, 37, 38] and list(clip.targets) == list(range(1, 34)) and kept is clip
    assert [Path(each.origin).stem for each in held_back_samples(kept)] == ["035", "036", "037", "038"]
    both = hold_back(Clips([opened(passing_wall), opened(passing_wall)]), 0.1)
    assert len(both) == 66 and len(held_back_samples(both)) == 8
    assert held_back_samples(hold_back(opened(passing_wall), 0.0)) == []


def test_frames_in_which_the_camera_stands_are_not_what_is_held_back(passing_wall):
    clip = opened(passing_wall)
    assert clip.poses is not None
    clip.poses[30:] = clip.poses[30]  # it stands from frame 30 on
    hold_back(clip, 0.1)
    first, last = clip.held_back[0], clip.held_back[-1]
    assert len(clip.held_back) == 4 and 30 <= last <= 32  # half of them move, at least
    assert list(clip.targets) == [*range(1, first - 1), *range(last + 2, 39)]


def test_better_and_worse_are_told_apart(passing_wall, tmp_path):
    clip = opened(passing_wall)
    held = held_back_samples(hold_back(clip, 0.1))
    right, wrong = wall(0.5, kind=DepthKind.METRIC_INVERSE_DEPTH), wall(4.0, kind=DepthKind.METRIC_INVERSE_DEPTH)
    objective = SelfSupervised(deepcopy(right), SelfSupervisedConfig(pose="known"))
    found = compare(objective, held, before=wrong, after=right)
    assert found.after.photometric < 0.5 * found.before.photometric and "WORSE" not in found.verdict
    assert found.after.abs_rel == pytest.approx(0.0, abs=1e-5)  # at the median scale any wall is right
    assert read_image(found.write_sheet(tmp_path / "held_back.jpg")).shape[1] > 1000
    assert len(found.rows("video")) == 4
    with pytest.warns(HondoWarning, match="4 frames held back: photometric error .*; WORSE after than before: photom"):
        compare(objective, held, before=right, after=wrong)


def test_a_run_ends_with_before_and_after(passing_wall, tmp_path):
    recipe = tiny(video(), passing_wall, steps=2)
    batches = BatchesConfig(batch_size=2, workers=1, hold_back=0.1)
    recipe = replace(recipe, data=replace(recipe.data, camera="40,40,32,24"), batches=batches)
    recipe = replace(recipe, objective=replace(recipe.objective, pose="known"))
    trained = run(recipe, out=tmp_path / "run")
    report = (tmp_path / "run" / "report.md").read_text()
    assert "photometric, held back, before" in report and "abs_rel, held back, after" in report
    assert (tmp_path / "run" / "held_back.jpg").exists()
    assert any("frames held back" in note for note in trained.report.notes)


@pytest.mark.parametrize("gains", [True, False])
def test_a_run_that_gains_nothing_ends_with_the_model_it_began_with(passing_wall, tmp_path, monkeypatch, gains):
    start = build_model("unet-light", weights="random")
    file = save_model(start, tmp_path / "start.safetensors", licence="Apache-2.0", training={})
    recipe = tiny(video(), passing_wall, steps=2, model=ModelConfig(name=str(file)))
    batches = BatchesConfig(batch_size=2, workers=1, hold_back=0.1)
    recipe = replace(recipe, data=replace(recipe.data, camera="40,40,32,24"), batches=batches)
    recipe = replace(recipe, objective=replace(recipe.objective, pose="known"))
    monkeypatch.setattr(Comparison, "has_gained", gains)
    trained = run(recipe, out=tmp_path / "run")
    initial = start.state_dict()
    is_start = all(torch.equal(initial[name], value) for name, value in trained.model.state_dict().items())
    assert is_start is not gains
    assert (tmp_path / "run/checkpoints/best.safetensors").exists() is not gains
    said = "ends with the model it began with" in (tmp_path / "run" / "report.md").read_text()
    assert said is not gains
