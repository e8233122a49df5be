"""What a resumed run may change, what is refused, and what a failed start leaves behind."""

import json
from dataclasses import replace

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import BatchesConfig, ModelConfig
from hondo.recipes.resume import with_absolute_paths
from hondo.recipes.video_recipes import video
from tests.recipes.tiny import tiny


def network_poses(clip, **changes):
    """A recipe without the camera path, which takes longer."""
    return tiny(video(), clip, steps=1, objective=replace(video().objective, pose="network"), **changes)


def test_a_refused_resume_leaves_the_recipe_as_it_was(clip, tmp_path):
    out = tmp_path / "run"
    run(network_poses(clip), out=out)
    stored = (out / "recipe.json").read_bytes()
    for changes, message in [
        ({"batches": BatchesConfig(batch_size=4)}, r"batch_size cannot change .*the run has 2, given 4"),
        ({"model": ModelConfig(name="unet-resnet18", weights="random")}, "has unet-light, given unet-resnet18"),
        ({"seed": 7}, "the run has 0, given 7"),
    ]:
        with pytest.raises(HondoError, match=message):
            run(network_poses(clip, **changes), out=out, resume=True)
        assert (out / "recipe.json").read_bytes() == stored
    longer = network_poses(clip)
    run(replace(longer, optim=replace(longer.optim, max_steps=2)), out=out, resume=True)
    assert json.loads((out / "recipe.json").read_text())["optim"]["max_steps"] == 2


def test_a_relative_path_of_the_data_is_stored_absolute(clip, tmp_path, monkeypatch):
    monkeypatch.chdir(clip.parent)
    recipe = tiny(video(), clip)
    made = with_absolute_paths(replace(recipe, data=replace(recipe.data, root="clip", camera="clip/intrinsics.json")))
    assert made.data.root == str(clip) and made.data.camera == str(clip / "intrinsics.json")
    assert made.model.name == "unet-light"
    given = with_absolute_paths(replace(recipe, data=replace(recipe.data, camera="40,40,32,20")))
    assert given.data.camera == "40,40,32,20"
