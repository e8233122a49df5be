"""Every twin that learns from views trains a few steps, and its model is read back from the run folder."""

import math
from dataclasses import replace

import pytest
import torch

from hondo.models.registry.build_model import build_model
from hondo.recipes.pipeline import run
from hondo.recipes.registry import RECIPES
from hondo.recipes.views.tiny_view_recipes import WALKS
from hondo.train.loop.loop_config import FabricConfig, LoopConfig

TWINS = [name for name in RECIPES if name.endswith("-tiny") and not hasattr(RECIPES[name]().objective, "terms")]
FAST = {"manydepth-kitti-tiny", "stereo-folder-tiny"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in FAST else pytest.mark.slow) for n in TWINS])
def test_a_few_steps_are_finite_and_the_model_reloads(name, tmp_path) -> None:
    recipe = RECIPES[name]()
    recipe = replace(
        recipe,
        data=replace(recipe.data, length=2),
        batches=replace(recipe.batches, batch_size=2),
        optim=replace(recipe.optim, max_steps=2),
        fabric=FabricConfig(accelerator="cpu"),
        loop=LoopConfig(log_every=1, show_progress=False),
    )
    trained = run(recipe, out=tmp_path / "run")
    assert next(row for row in trained.report.rows if row.name == "steps").value == 2
    assert math.isfinite(next(row for row in trained.report.rows if row.name == "loss").value)
    again, image = build_model(tmp_path / "run"), torch.rand(1, 3, *WALKS.size_hw)
    assert again.kind is trained.model.kind
    with torch.no_grad():
        torch.testing.assert_close(again(image)[0], trained.model(image)[0])
