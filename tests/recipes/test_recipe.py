import json
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from hondo.recipes.recipe import Recipe, read_recipe, stored_name, updated
from hondo.recipes.registry import RECIPES
from hondo.recipes.video_recipes import video
from hondo.train.loop.loop_config import OptimConfig


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_complete_and_survives_its_file(name, tmp_path):
    recipe = RECIPES[name]()
    assert isinstance(recipe, Recipe) and recipe.name == name and RECIPES[name].__doc__
    model = replace(recipe.model, options={"size_hw": (64, 96)})
    changed = replace(recipe, seed=7, model=model, optim=replace(recipe.optim, lr=0.5, max_steps=3))
    path = tmp_path / "recipe.json"
    path.write_text(changed.to_json())
    assert stored_name(path) == name
    assert read_recipe(path, base=recipe) == changed
    assert read_recipe(path, base=recipe).hash == changed.hash != recipe.hash
    assert "dataset" not in asdict(changed)["data"]


def test_recipes_import_no_torch():
    code = "import sys, hondo.cli.train; from hondo.recipes.registry import RECIPES; [RECIPES[n]() for n in RECIPES]"
    done = subprocess.run(
        [sys.executable, "-c", code + "; assert 'torch' not in sys.modules, 'torch'"], capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text("{")
    with pytest.raises(ValueError, match=r"recipe.json cannot be read"):
        stored_name(path)
    path.write_text(json.dumps({"name": "video", "colour": 1}))
    with pytest.raises(ValueError, match="no field colour"):
        read_recipe(path, base=video())
    with pytest.raises(ValueError, match="is missing"):
        read_recipe(tmp_path / "none.json", base=video())


def test_updated_puts_values_into_nested_configs():
    changed = updated(video(), {"optim": {"betas": [0.8, 0.9], "lr_factors": {"pose": 2.0}}, "data": {"sources": [-2]}})
    assert changed.optim.betas == (0.8, 0.9) and changed.optim.lr_factors == {"pose": 2.0}
    assert changed.data.sources == (-2,) and changed.optim.lr == video().optim.lr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "positive"),
        ({"max_steps": 0}, "positive"),
        ({"warmup": 1.5}, "fraction"),
        ({"clip_norm": 1.0, "clip_value": 0.5}, "not both"),
        ({"ema_decay": 1.0}, "ema_decay"),
    ],
)
def test_optim_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        OptimConfig(**options)
