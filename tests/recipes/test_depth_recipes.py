"""The recipe for images with depth."""

from dataclasses import replace

import pytest
import torch

from hondo.core.truth_kind import TruthKind
from hondo.data.loading.collate import collate
from hondo.losses.l1 import log_l1_loss
from hondo.losses.terms import TERMS
from hondo.models.base.completion import CompletionModel
from hondo.recipes.build_parts import build_depth_model, build_samples
from hondo.recipes.depth_recipes import kitti_completion, kitti_completion_tiny, mix, rgbd
from hondo.recipes.pipeline import run
from hondo.train.loop.loop_config import FabricConfig, LoopConfig
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import drawn_pixels


def test_the_recipe_is_complete_and_the_same_each_time() -> None:
    recipe = rgbd()
    assert recipe == rgbd() and (recipe.name, recipe.data.dataset) == ("rgbd", "rgbd")
    assert isinstance(recipe.objective, SupervisedConfig) and set(recipe.objective.terms) <= set(TERMS)


def test_a_mix_reads_no_loss_that_needs_metres() -> None:
    recipe = mix()
    assert (recipe.name, recipe.data.dataset) == ("mix", "mix")
    assert all(
        TERMS[name].needs in (TruthKind.UP_TO_SCALE_AND_SHIFT, TruthKind.ORDINAL) for name in recipe.objective.terms
    )


def test_completion_shows_the_model_points() -> None:
    recipe = kitti_completion_tiny()
    assert isinstance(build_depth_model(recipe), CompletionModel) and recipe.data.dataset == "synthetic"
    on_kitti = kitti_completion()
    assert (on_kitti.data.dataset, on_kitti.data.measured) == ("kitti", "velodyne")
    assert isinstance(build_depth_model(on_kitti), CompletionModel)


@pytest.mark.slow
def test_completion_lowers_its_error_visibly() -> None:
    recipe = kitti_completion_tiny()
    samples = build_samples(recipe.data)
    batch = collate([samples[index] for index in range(8)])
    cpu = {"fabric": FabricConfig(accelerator="cpu"), "loop": LoopConfig(show_progress=False)}
    torch.manual_seed(0)
    is_measured = drawn_pixels(batch.valid, 150)

    def error(model, *points):
        with torch.no_grad():
            depth = 1 / model(batch.image, *points)[0]
        return float(log_l1_loss(depth, batch.depth_gt, is_valid=batch.valid))

    before = error(build_depth_model(recipe), batch.depth_gt, is_measured)
    model = run(replace(recipe, **cpu)).model
    assert error(model, batch.depth_gt, is_measured) < 0.3 * before
    assert error(model, batch.depth_gt, is_measured) < 0.8 * error(model)
