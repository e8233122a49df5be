import json
import subprocess
import sys

import pytest

from hondo.recipes.recipe import read_recipe, stored_name, updated
from hondo.recipes.video_recipes import video


def test_recipes_import_no_torch():
    code = "import sys, hondo.cli.training.train; "
    code += "from hondo.recipes.registry import RECIPES; [RECIPES[n]() for n in RECIPES]"
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
