"""Split, concatenate, shuffle: half of the channels pass, half are convolved, then both halves mix.

The unit of ShuffleNet V2 (Ma et al. 2018, figure 3c), with one depthwise and one pointwise convolution.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.blocks.convolution import conv_norm_relu
from hondo.nn.upsampling.upsample_conv import BilinearUpsample


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


class SplitShuffleUNet(nn.Module):
    """Feature maps (finest first) to one positive map of the image's size: softplus, so metres stay above 0."""

    def __init__(self, *, channels: Sequence[int], strides: Sequence[int]) -> None:
        super().__init__()
        skips = list(channels[-2::-1])  # deepest first
        deeper = [channels[-1], *(2 * skip for skip in skips)]
        self.reduce = nn.ModuleList(
            conv_norm_relu(deep, skip, kernel=1) for deep, skip in zip(deeper[:-1], skips, strict=True)
        )
        self.mix = nn.ModuleList(SplitShuffle(2 * skip) for skip in skips)
        self.head = nn.Conv2d(deeper[-1], 1, 3, padding=1)
        self.enlarge = BilinearUpsample(strides[0])

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        x = features[-1]
        for reduce, mix, skip in zip(self.reduce, self.mix, features[-2::-1], strict=True):
            x = F.interpolate(reduce(x), skip.shape[-2:], mode="nearest")
            x = mix(torch.cat([x, skip], dim=1))
        depth = F.softplus(self.head(x).float())
        return [self.enlarge(depth)]
