"""Features stay those of the start."""

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.views.frozen_features import FrozenFeatures


def test_a_quarter_of_the_size_and_no_training():
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96))
    features = FrozenFeatures(model).train()
    image = torch.rand(2, 3, 64, 96)
    before = features(image)
    assert before.shape[0] == 2 and before.shape[-2:] == (16, 24) and not before.requires_grad
    nn.init.zeros_(next(model.parameters()))
    assert torch.equal(features(image), before) and not any(each.training for each in features.modules())
    assert features(torch.rand(1, 3, 60, 90)).shape[-2:] == (16, 24)


def test_refuses_a_network_without_an_encoder():
    spec = InputSpec(size_hw=(8, 8), multiple_of=8)
    model = DepthModel(nn.Conv2d(3, 1, 1), name="plain", kind=DepthKind.METRIC_DEPTH, input_spec=spec)
    with pytest.raises(HondoError, match="'plain' has no encoder"):
        FrozenFeatures(model)
