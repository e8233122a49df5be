"""Transformer blocks at the bottleneck of any encoder: its coarsest map sees the whole picture."""

from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.encoders.encoder import Encoder
from hondo.nn.pyramid_block import PyramidBlock


class BottleneckTransformer(nn.Module):
    """The maps of ``encoder``; the coarsest goes through overlapping patches, ``blocks`` and a norm, at its size."""

    def __init__(self, encoder: Encoder, *, blocks: int, num_heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.channels, self.strides, self.is_fixed = encoder.channels, encoder.strides, encoder.is_fixed
        self.mean, self.std = encoder.mean, encoder.std
        dim = encoder.channels[-1]
        self.patches = nn.Conv2d(dim, dim, 3, padding=1)  # each patch of 3x3 shares two thirds with its neighbour
        self.patches_norm, self.norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.blocks = nn.ModuleList(
            PyramidBlock(dim, num_heads=num_heads, mlp_ratio=mlp_ratio, reduction=1) for _ in range(blocks)
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        *finer, coarsest = self.encoder(image)
        grid_hw = (coarsest.shape[2], coarsest.shape[3])
        tokens = self.patches_norm(self.patches(coarsest).flatten(2).transpose(1, 2))  # (b n c)
        for block in self.blocks:
            tokens = block(tokens, grid_hw)
        return [*finer, self.norm(tokens).transpose(1, 2).unflatten(-1, grid_hw)]
