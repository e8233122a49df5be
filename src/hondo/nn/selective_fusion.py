"""Selective feature fusion: two maps, each weighed at every place by what both show (Kim et al. 2022, figure 2)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class SelectiveFusion(nn.Module):
    """a1 local + a2 wide; a1 and a2 in 0..1 come from three convolutions over both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            _conv_norm_relu(2 * channels, channels),
            _conv_norm_relu(channels, channels // 2),
            nn.Conv2d(channels // 2, 2, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, local: Float[Tensor, "b c h w"], wide: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        of_local, of_wide = self.weigh(torch.cat([local, wide], dim=1)).split(1, dim=1)
        return of_local * local + of_wide * wide


def _conv_norm_relu(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
