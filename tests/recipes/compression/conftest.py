"""A recipe of one step on two made-up images."""

import pytest
import torch

from hondo.core.sample import Sample
from hondo.core.types import Camera
from hondo.data.datasets.dataset_configs import RgbdData
from hondo.data.datasets.rgbd import write_rgbd
from hondo.recipes.recipe import BatchesConfig, Recipe
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig


@pytest.fixture
def tiny(tmp_path) -> Recipe:
    torch.manual_seed(0)
    camera = Camera.from_fov(60, size_hw=(32, 32))
    depth, valid = 1 + torch.rand(1, 32, 32), torch.ones(1, 32, 32, dtype=torch.bool)
    samples = [
        Sample(image=torch.rand(3, 32, 32), depth_gt=depth, valid=valid, camera=camera, origin=str(n)) for n in range(2)
    ]
    write_rgbd(samples, tmp_path / "data")
    return Recipe(
        name="tiny", data=RgbdData(root=str(tmp_path / "data"), size_hw=(32, 32)),
        objective=SupervisedConfig(terms={"log_l1": 1.0}), batches=BatchesConfig(batch_size=2, workers=1),
        optim=OptimConfig(max_steps=1),
    )  # fmt: skip
