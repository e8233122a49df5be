"""Pooled attention: all tokens ask, averages over ``pool`` x ``pool`` of them answer (Fan et al. 2021, MViT).

With ``pool=1`` it is softmax attention.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.symbolic import steps_over
from hondo.nn.tokens import head_dim_of, join_heads, split_heads


class PooledAttention(nn.Module):
    """Takes the weights of softmax attention as they are. Leading tokens without a place answer for themselves."""

    def __init__(self, *, dim: int, num_heads: int, pool: int = 2) -> None:
        super().__init__()
        if pool < 1:
            raise HondoError(f"pooled attention averages over at least 1x1 tokens, got pool={pool}")
        self.pool = pool
        self.head_dim = head_dim_of(dim, num_heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        dim = tokens.shape[-1]
        weight, bias = self.qkv.weight, self.qkv.bias
        coarse = pooled_tokens(tokens, grid_hw=grid_hw, pool=self.pool)
        (q,) = split_heads(F.linear(tokens, weight[:dim], bias[:dim]), head_dim=self.head_dim, parts=1)
        k, v = split_heads(F.linear(coarse, weight[dim:], bias[dim:]), head_dim=self.head_dim, parts=2)
        return self.proj(join_heads(F.scaled_dot_product_attention(q, k, v)))


def pooled_tokens(tokens: Float[Tensor, "b n c"], *, grid_hw: Size, pool: int) -> Float[Tensor, "b m c"]:
    """The grid's tokens averaged over ``pool`` x ``pool``; at the end, the edge is repeated to fill the last one."""
    if pool == 1:
        return tokens
    leading = tokens.shape[1] - grid_hw[0] * grid_hw[1]
    grid = tokens[:, leading:].transpose(1, 2).unflatten(-1, grid_hw)
    down, right = (pool * steps_over(side, pool) - side for side in grid_hw)
    grid = F.pad(grid, (0, right, 0, down), mode="replicate")
    return torch.cat([tokens[:, :leading], F.avg_pool2d(grid, pool).flatten(2).transpose(1, 2)], dim=1)
