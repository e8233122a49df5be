"""The first pyramid vision transformer (Wang et al. 2021): patches without overlap, learnt positions, a class token."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD, Staged
from hondo.nn.blocks.pyramid_block import PyramidBlock
from hondo.nn.positions import PositionGrid
from hondo.nn.tokens import map_from_tokens, tokens_from_map

CHANNELS, STRIDES = (64, 128, 320, 512), (4, 8, 16, 32)
HEADS, MLP_RATIOS, REDUCTIONS = (1, 2, 5, 8), (8, 8, 4, 4), (8, 4, 2, 1)  # by stage (table 1)


class PVT(Staged):
    """Four stages of ``depths`` blocks. ``positions_hw``: the image's size that the position embeddings are made for.

    The class token joins at the last stage: every place attends to it, but it is no part of the map.
    """

    channels, strides = CHANNELS, STRIDES
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    is_fixed = False

    def __init__(self, *, depths: Sequence[int], in_channels: int = 3, positions_hw: Size = (224, 224)) -> None:
        inputs, step = (in_channels, *CHANNELS[:-1]), (4, 2, 2, 2)
        grids = [(positions_hw[0] // stride, positions_hw[1] // stride) for stride in STRIDES]
        super().__init__(
            Stage(
                inputs[i],
                CHANNELS[i],
                patch=step[i],
                depth=depths[i],
                grid_hw=grids[i],
                num_heads=HEADS[i],
                mlp_ratio=MLP_RATIOS[i],
                reduction=REDUCTIONS[i],
                has_class_token=i == len(CHANNELS) - 1,
            )
            for i in range(len(CHANNELS))
        )


class Stage(nn.Module):
    """Patches to tokens, plus their positions, through the blocks, and back to a map."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        patch: int,
        depth: int,
        grid_hw: Size,
        num_heads: int,
        mlp_ratio: int,
        reduction: int,
        has_class_token: bool,
    ) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, patch, stride=patch)
        self.norm = nn.LayerNorm(outputs)
        self.class_token = nn.Parameter(torch.zeros(1, 1, outputs)) if has_class_token else None
        self.positions = PositionGrid(outputs, grid_hw=grid_hw, leading=int(has_class_token))
        self.blocks = nn.ModuleList(
            PyramidBlock(outputs, num_heads=num_heads, mlp_ratio=mlp_ratio, reduction=reduction, is_mixing=False)
            for _ in range(depth)
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        x = self.proj(x)
        grid_hw = x.shape[-2], x.shape[-1]
        tokens = self.norm(tokens_from_map(x))
        if self.class_token is not None:
            tokens = torch.cat([self.class_token.expand(tokens.shape[0], -1, -1), tokens], dim=1)
        tokens = tokens + self.positions(grid_hw)
        for block in self.blocks:
            tokens = block(tokens, grid_hw)
        leading = 0 if self.class_token is None else 1
        return map_from_tokens(tokens[:, leading:], grid_hw)


def pvt_tiny(
    *,
    in_channels: int = 3,
    pretrained: bool = False,
    size_hw: Size | None = None,
    positions_hw: Size = (224, 224),
) -> PVT:
    """Two blocks in every stage."""
    return _pvt("pvt-tiny", (2, 2, 2, 2), in_channels=in_channels, pretrained=pretrained, positions_hw=positions_hw)


def pvt_small(
    *,
    in_channels: int = 3,
    pretrained: bool = False,
    size_hw: Size | None = None,
    positions_hw: Size = (224, 224),
) -> PVT:
    """3, 4, 6 and 3 blocks."""
    return _pvt("pvt-small", (3, 4, 6, 3), in_channels=in_channels, pretrained=pretrained, positions_hw=positions_hw)


def _pvt(name: str, depths: Sequence[int], *, in_channels: int, pretrained: bool, positions_hw: Size) -> PVT:
    if pretrained:
        raise HondoError(f"encoder '{name}' has no pretrained weights; build it with pretrained=False")
    if min(positions_hw) < max(STRIDES):
        raise HondoError(f"the position embeddings' size must be at least {max(STRIDES)}, got {tuple(positions_hw)}")
    return PVT(depths=depths, in_channels=in_channels, positions_hw=positions_hw)
