"""Spatial-reduction attention: all tokens ask, a coarser grid of them answers (Wang et al. 2021, PVT, equation 2)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.tokens import map_from_tokens, tokens_from_map


class SpatialReductionAttention(nn.Module):
    """Keys and values come from the grid shrunk by ``reduction`` with a strided convolution and a layer norm.

    Rows and columns beyond the last full ``reduction`` are queries but no keys; a grid that is smaller repeats its
    edge. Leading tokens without a place are keys as they are. A reduction of 1 is softmax attention.
    """

    def __init__(self, *, dim: int, num_heads: int, reduction: int = 2, qkv_bias: bool = True) -> None:
        super().__init__()
        if dim % num_heads:
            raise HondoError(f"{num_heads} heads do not divide {dim} channels; choose a divisor")
        if reduction < 1:
            raise HondoError(f"the reduction of spatial-reduction attention is at least 1, got {reduction}")
        self.num_heads, self.reduction = num_heads, reduction
        self.q = nn.Linear(dim, dim, bias=qkv_bias)
        self.kv = nn.Linear(dim, 2 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        if reduction > 1:
            self.sr = nn.Conv2d(dim, dim, reduction, stride=reduction)
            self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        q = self.q(tokens).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (b heads n d)
        k, v = self.kv(self._reduced(tokens, grid_hw)).unflatten(-1, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).flatten(2))

    def _reduced(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b m c"]:
        if self.reduction == 1:
            return tokens
        leading = tokens.shape[1] - grid_hw[0] * grid_hw[1]
        grid = map_from_tokens(tokens[:, leading:], grid_hw)
        down, right = (max(0, self.reduction - side) for side in grid_hw)
        if down or right:
            grid = F.pad(grid, (0, right, 0, down), mode="replicate")
        reduced = self.norm(tokens_from_map(self.sr(grid)))
        return torch.cat([tokens[:, :leading], reduced], dim=1) if leading else reduced
