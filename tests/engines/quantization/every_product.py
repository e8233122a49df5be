"""A model with every kind of product, to count the cost of its operations."""

import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel

SIZE = (32, 48)


class EveryProduct(nn.Module):
    """Convolutions with stride, of groups and transposed, a linear layer, and a product of two maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.linear = nn.Linear(8, 12)
        self.up = nn.ConvTranspose2d(12, 4, 2, stride=2)
        self.last = nn.Conv2d(4, 2, 3, padding=1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.grouped(self.first(image).relu()).relu()
        tokens = self.linear(x.flatten(2).transpose(1, 2)).relu()
        mixed = (tokens @ tokens.transpose(1, 2)).softmax(-1) @ tokens
        x = mixed.transpose(1, 2).reshape(-1, 12, *x.shape[-2:])
        return self.last(self.up(x).relu()).mean(1, keepdim=True).sigmoid() + 0.1


def build_every_product() -> DepthModel:
    spec = InputSpec(size_hw=SIZE, multiple_of=16, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return DepthModel(EveryProduct(), name="products", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()
