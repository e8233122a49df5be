"""Recipes with the untouched model as the teacher."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.compression.recover import recover, with_teacher
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.video_recipes import distil, video
from hondo.train.objectives.objective_config import DistillationConfig, SupervisedConfig


def test_losses_of_labels_stay_and_others_give_way(tiny: Recipe) -> None:
    labelled = with_teacher(tiny, "t", kind=DepthKind.METRIC_DEPTH).objective
    assert labelled.terms == {"log_l1": 1.0, "distil_log": 1.0, "distil_gradient": 0.5} and labelled.teacher == "t"
    unlabelled = with_teacher(video(), "t", kind=DepthKind.RELATIVE_INVERSE_DEPTH).objective
    assert isinstance(unlabelled, DistillationConfig) and unlabelled.terms == {"distil_ssi": 1.0}
    own = replace(distil(), objective=DistillationConfig(terms={"distil_feature": 1.0}))
    assert with_teacher(own, "t", kind=DepthKind.METRIC_DEPTH).objective.terms == {"distil_feature": 1.0}
    assert with_teacher(distil(), "t", kind=DepthKind.METRIC_DEPTH).objective.teacher == "t"
    with pytest.raises(HondoError, match="discriminator"):
        adversarial = replace(tiny, objective=SupervisedConfig(adversarial=1.0))
        with_teacher(adversarial, "t", kind=DepthKind.METRIC_DEPTH)


def test_the_model_is_trained_and_keeps_its_input_size(tmp_path, tiny: Recipe) -> None:
    torch.manual_seed(0)
    model = build_model("unet-light", "random")
    teacher = save_model(model, tmp_path / "teacher.safetensors", licence="Apache-2.0", training={})
    before, spec = {key: value.clone() for key, value in model.state_dict().items()}, model.input_spec
    model.set_input_spec(type(spec)(size_hw=(32, 64), multiple_of=spec.multiple_of, mean=spec.mean, std=spec.std))
    trained = recover(
        model, tiny, teacher=str(teacher), origin=ModelConfig(name="unet-light", weights="random"), out=tmp_path / "run"
    )
    assert trained.model.input_spec.size_hw == (32, 64) and (tmp_path / "run" / "recipe.json").exists()
    assert any(not torch.equal(before[key], value) for key, value in trained.model.state_dict().items())
