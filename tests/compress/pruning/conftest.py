"""A tiny CNN with batch norms that matter, images, and a short training."""

import pytest
import torch
from torch import nn

from hondo.compress.compressor import Tools
from hondo.compress.held import held
from hondo.compress.restructured import copy_of
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model

SIZE = (64, 64)


def shaken(model: DepthModel) -> DepthModel:
    """With batch norms and zero-initialised layers as trained ones have them."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.uniform_(-0.2, 0.2)
            if module.affine:
                module.weight.data.uniform_(0.5, 1.5)
    return model


@pytest.fixture(scope="session")
def cnn() -> DepthModel:
    torch.manual_seed(0)
    return shaken(build_model("monodepth2", "random", encoder="timm:test_resnet", size_hw=SIZE))


def short_training(model: DepthModel) -> DepthModel:
    made = copy_of(model).requires_grad_(True)
    optimizer = torch.optim.SGD(made.parameters(), lr=1e-2)
    with held(made):
        for index in range(2):
            image = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(index))
            optimizer.zero_grad()
            made(image)[0].log().square().mean().backward()
            optimizer.step()
    return made.eval()


@pytest.fixture(scope="session")
def tools() -> Tools:
    images = [torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(index)) for index in range(2)]
    return Tools(images=images, retrain=short_training)
