"""Values by name, made once."""

import pytest
import torch

from hondo.core.sample import Batch
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.views.view_values import ViewValues


def test_values_are_made_when_asked_for_and_once():
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(32, 64))
    batch = Batch(
        image=torch.rand(2, 3, 32, 64), K=torch.eye(3).repeat(2, 1, 1), source_images=torch.rand(2, 1, 3, 32, 64)
    )
    values = ViewValues(batch, torch.rand(2, 1, 16, 32) + 0.5, [torch.eye(4).repeat(2, 1, 1)], model=model)
    assert "depth_source" not in vars(values)
    assert values["depth"].shape == (2, 1, 32, 64) and values["source_K"].shape == (2, 1, 3, 3)
    assert values["is_scene"].all() and values["depth_source"] is values["depth_source"]
    assert len(values) == len(list(values))
    with pytest.raises(KeyError):
        values["batch"]
