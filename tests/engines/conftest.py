"""A network so small that exporting it takes a second: what engines are tested with."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel


class TinyNetwork(nn.Module):
    """Half the size and back, two scales out."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.out = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, image: Tensor) -> list[Tensor]:
        small = F.elu(self.down(image))
        fine = F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
        return [0.01 + torch.sigmoid(self.out(fine)), 0.01 + torch.sigmoid(self.out(small))]


def build_tiny_model() -> DepthModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(32, 64), multiple_of=16, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25))
    return DepthModel(TinyNetwork(), name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec).eval()


@pytest.fixture(scope="session")
def tiny_model() -> DepthModel:
    return build_tiny_model()


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)
