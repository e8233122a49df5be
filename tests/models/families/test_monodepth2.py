"""monodepth2's networks: their cost, their kinds, and the training of both by name."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.macs import count_macs
from hondo.models.families.monodepth2 import monodepth2, monodepth2_pose
from hondo.models.registry.build_model import build_model
from hondo.recipes.build_parts import build_depth_model, build_objective
from hondo.recipes.recipe import ModelConfig
from hondo.recipes.video_recipes import video
from hondo.train.objectives.objective_config import SelfSupervisedConfig


def test_costs_what_is_published() -> None:
    with torch.device("meta"):
        model = monodepth2()
    assert count_macs(model) == pytest.approx(8.0e9, rel=0.05)  # 640x192, VTDepth's table of GMACs


def test_any_resnet_by_name() -> None:
    with torch.no_grad():
        maps = monodepth2(encoder="timm:resnet34").eval()(torch.rand(1, 3, 32, 64))
    assert [tuple(values.shape[2:]) for values in maps] == [(32, 64), (16, 32), (8, 16), (4, 8)]


def test_stereo_needs_a_baseline() -> None:
    with torch.device("meta"):
        assert monodepth2(stereo=True).kind is DepthKind.METRIC_INVERSE_DEPTH
        with pytest.raises(HondoError, match="baseline_m must be positive"):
            monodepth2(stereo=True, baseline_m=0.0)


def test_both_pose_networks_see_the_order_of_images() -> None:
    torch.manual_seed(0)
    first, second = torch.rand(2, 3, 64, 96), torch.rand(2, 3, 64, 96)
    for shared in (False, True):
        pose = monodepth2_pose(shared=shared).eval()
        with torch.no_grad():
            assert not torch.allclose(pose(first, second), pose(second, first), atol=1e-6)
            assert torch.allclose(
                pose(first, second)[1:], pose(first[1:], second[1:]), atol=1e-5
            )  # no mixing in a batch


def test_learning_from_video_takes_both_by_name() -> None:
    recipe = replace(
        video(),
        model=ModelConfig(name="monodepth2", weights="random"),
        objective=SelfSupervisedConfig(pose_model="monodepth2-pose"),
    )
    model = build_depth_model(recipe)
    objective = build_objective(recipe, model)
    assert model.name == "monodepth2" and objective.pose.name == "monodepth2-pose"  # type: ignore[attr-defined]
    assert build_model("monodepth2-pose", weights="random").kind == "pose"
