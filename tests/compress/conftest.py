"""Tiny models of both families to operate on, and their outputs."""

from collections.abc import Callable

import pytest
import torch

from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model

VIT = "vit_tiny_patch16_224"
TINY_HYBRID = {"encoder": f"test_efficientnet+{VIT}", "hooks": (0, 1), "features": 8, "size_hw": (64, 96)}
TINY_PLAIN = {
    "encoder": f"timm:{VIT}",
    "hooks": (0, 1, 2, 3),
    "features": 8,
    "widths": (8, 8, 8, 8),
    "multiple_of": 32,
    "size_hw": (64, 96),
}


@pytest.fixture(scope="session")
def hybrid() -> DepthModel:
    torch.manual_seed(0)
    return build_model("dpt-fast", "random", **TINY_HYBRID)


@pytest.fixture(scope="session")
def plain() -> DepthModel:
    torch.manual_seed(0)
    return build_model("depth-anything-s-indoor", "random", **TINY_PLAIN)


@pytest.fixture(scope="session")
def output() -> Callable[[DepthModel], torch.Tensor]:
    """A model's map of one image at its own size."""

    def run(model: DepthModel) -> torch.Tensor:
        image = torch.rand(1, 3, *model.input_spec.size_hw, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            return model(image)[0]

    return run
