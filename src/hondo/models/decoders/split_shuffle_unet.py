"""A light U-Net decoder in the way of MobileDepth (Wang 2020): split-concatenate-shuffle blocks.

Built from the paper's description; its widths are ours: those of the encoder's maps.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks import conv_norm_relu
from hondo.nn.enlarge import Enlarge
from hondo.nn.split_shuffle import SplitShuffle


class SplitShuffleUNet(nn.Module):
    """Feature maps (finest first) to one positive map of the picture's size: softplus, so metres stay above 0."""

    def __init__(self, *, channels: Sequence[int], strides: Sequence[int]) -> None:
        super().__init__()
        skips = list(channels[-2::-1])  # deepest first
        deeper = [channels[-1], *(2 * skip for skip in skips)]
        self.reduce = nn.ModuleList(
            conv_norm_relu(deep, skip, kernel=1) for deep, skip in zip(deeper[:-1], skips, strict=True)
        )
        self.mix = nn.ModuleList(SplitShuffle(2 * skip) for skip in skips)
        self.head = nn.Conv2d(deeper[-1], 1, 3, padding=1)
        self.enlarge = Enlarge(strides[0])

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        x = features[-1]
        for reduce, mix, skip in zip(self.reduce, self.mix, features[-2::-1], strict=True):
            x = F.interpolate(reduce(x), skip.shape[-2:], mode="nearest")
            x = mix(torch.cat([x, skip], dim=1))
        depth = F.softplus(self.head(x).float())
        return [self.enlarge(depth)]
