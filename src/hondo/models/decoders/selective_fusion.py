"""Selective feature fusion: two maps, each weighed at every place by what both show (Kim et al. 2022, figure 2)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError


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


STRIDES = (4, 8, 16, 32)


class SelectiveFusionDecoder(nn.Module):
    """Feature maps (finest first, strides 4 to 32) to depth in metres: ``max_depth`` x sigmoid.

    All maps are brought to ``width`` channels; a finest map that has as many stays as it is.
    """

    def __init__(self, *, channels: Sequence[int], strides: Sequence[int], max_depth: float, width: int = 64) -> None:
        super().__init__()
        if tuple(strides) != STRIDES:
            raise HondoError(
                f"selective fusion needs an encoder with strides {STRIDES}, got {tuple(strides)}; choose e.g. mit-b0"
            )
        if max_depth <= 0:
            raise HondoError(f"the largest depth must be positive metres, got {max_depth:g}")
        self.max_depth = max_depth
        self.reduce = nn.ModuleList(
            nn.Identity() if index == 0 and inputs == width else nn.Conv2d(inputs, width, 1)
            for index, inputs in enumerate(channels)
        )
        self.fuse = nn.ModuleList(SelectiveFusion(width) for _ in STRIDES[:-1])
        self.head = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, 1, 3, padding=1)
        )

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 h w"]]:
        maps = [reduce(feature) for reduce, feature in zip(self.reduce, features, strict=True)]
        x = _double(maps[-1])
        for fuse, local in zip(list(self.fuse)[::-1], maps[-2::-1], strict=True):
            x = _double(fuse(local, x))
        return [self.max_depth * self.head(_double(x)).float().sigmoid()]


def _double(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c H W"]:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
