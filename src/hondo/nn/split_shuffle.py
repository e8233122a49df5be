"""Split, concatenate, shuffle: half of the channels pass, half are convolved, then both halves mix.

The unit of ShuffleNet V2 (Ma et al. 2018, figure 3c), with one depthwise and one pointwise convolution.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.nn.blocks import conv_norm_relu


class SplitShuffle(nn.Module):
    """An even number of ``channels`` in and out, at a quarter of a pointwise convolution's price."""

    def __init__(self, channels: int, *, kernel: int = 5) -> None:
        super().__init__()
        if channels % 2:
            raise HondoError(f"channels are split in two halves; {channels} is odd")
        half = channels // 2
        self.depthwise = nn.Sequential(
            nn.Conv2d(half, half, kernel, padding=kernel // 2, groups=half, bias=False), nn.BatchNorm2d(half)
        )
        self.pointwise = conv_norm_relu(half, half, kernel=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        kept, convolved = x.chunk(2, dim=1)
        return shuffled(torch.cat([kept, self.pointwise(self.depthwise(convolved))], dim=1))


def shuffled(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The channels of both halves in turn: 0 1 2 3 -> 0 2 1 3."""
    return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)
