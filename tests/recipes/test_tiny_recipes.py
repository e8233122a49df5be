"""Every twin learns: its error on what it trains on falls, as its own network and losses have it."""

from dataclasses import replace

import pytest
import torch

from hondo.core.types import DepthKind
from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.data.loading.collate import collate
from hondo.losses.l1 import log_l1_loss
from hondo.losses.ssi import ssi_loss
from hondo.recipes.build_parts import build_depth_model, build_samples
from hondo.recipes.pipeline import run
from hondo.recipes.registry import RECIPES
from hondo.recipes.tiny_recipes import SIZE
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.loop.loop_config import FabricConfig
from hondo.train.objectives.objective import both_units, resized
from hondo.train.objectives.weighted_terms import inverted

FAST = {"dpt-kitti-tiny", "mobiledepth-nyu-tiny"}
TWINS = [
    name
    for name in RECIPES
    if name.endswith("-tiny") and hasattr(RECIPES[name]().objective, "terms") and name != "kitti-completion-tiny"
]


@pytest.fixture(scope="module")
def batch():
    samples = build_samples(SyntheticData(length=8, size_hw=SIZE))
    return collate([samples[index] for index in range(8)])


@torch.no_grad()
def error(model, batch) -> float:
    """mean |log(depth / truth)|, or for relative models the aligned difference."""
    maps = both_units(resized(model(batch.image)[0], SIZE), model.kind)
    if model.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        return float(ssi_loss(maps["inv_depth"], inverted(batch.depth_gt, batch.valid), is_valid=batch.valid))
    return float(log_l1_loss(maps["depth"], batch.depth_gt, is_valid=batch.valid))


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in FAST else pytest.mark.slow) for n in TWINS])
def test_a_twin_lowers_its_error_visibly(name, batch) -> None:
    recipe = RECIPES[name]()
    recipe = replace(recipe, fabric=FabricConfig(accelerator="cpu"), loop=replace(recipe.loop, show_progress=False))
    seed_everything(recipe.seed)
    before = error(build_depth_model(recipe), batch)
    assert error(run(recipe).model, batch) < 0.6 * before


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_keeps_what_its_recipe_teaches(name) -> None:
    recipe, full = RECIPES[name](), RECIPES[name.removesuffix("-tiny")]()
    assert recipe.objective.terms == full.objective.terms and recipe.objective.objective == full.objective.objective
    assert (recipe.optim.name, recipe.optim.schedule) == (full.optim.name, full.optim.schedule)
    assert recipe.optim.lr_factors == full.optim.lr_factors
    assert "synthetic" in " ".join(getattr(recipe.data, "sets", [recipe.data.dataset]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FAST))
def test_bfloat16_follows_the_curve_of_float32(name, batch) -> None:
    """Mixed precision ends no further from float32 than another seed does, or within a tenth."""

    def after(precision: str, seed: int) -> float:
        recipe = RECIPES[name]()
        fabric, loop = FabricConfig(accelerator="cpu", precision=precision), replace(recipe.loop, show_progress=False)
        return error(run(replace(recipe, seed=seed, fabric=fabric, loop=loop)).model, batch)

    exact, other_seed = after("32-true", 0), after("32-true", 1)
    assert abs(after("bf16-mixed", 0) / exact - 1) < max(0.1, abs(other_seed / exact - 1))
