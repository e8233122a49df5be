"""Linear spatial reduction: all tokens ask, averages over a grid of fixed size answer. Linear in the number of tokens.

Wang et al. 2022 (PVTv2), section 3.2: pooled to 7 x 7 whatever the input, then a 1x1 convolution, a layer norm and
GELU. Costs n size^2. Pays off on large grids.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.low_rank.segments import averages
from hondo.nn.tokens import head_dim_of, join_heads, split_heads


class LinearReductionAttention(nn.Module):
    """``q`` and ``kv`` as in spatial-reduction attention. Leading tokens without a place are keys as they are."""

    def __init__(self, *, dim: int, num_heads: int, pooled: int = 7) -> None:
        super().__init__()
        if pooled < 1:
            raise HondoError(f"linear spatial reduction pools to at least 1x1 tokens, got pooled={pooled}")
        self.pooled, self.head_dim = pooled, head_dim_of(dim, num_heads)
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.sr = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        leading = tokens.shape[1] - grid_hw[0] * grid_hw[1]
        coarse = F.gelu(self.norm(self.sr(self._pooled(tokens[:, leading:], grid_hw))))
        (q,) = split_heads(self.q(tokens), head_dim=self.head_dim, parts=1)
        answering = torch.cat([tokens[:, :leading], coarse], dim=1) if leading else coarse
        k, v = split_heads(self.kv(answering), head_dim=self.head_dim, parts=2)
        return self.proj(join_heads(F.scaled_dot_product_attention(q, k, v)))

    def _pooled(self, grid: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b m c"]:
        rows, columns = (averages(side, segments=self.pooled, device=grid.device).to(grid.dtype) for side in grid_hw)
        x = columns @ grid.unflatten(1, tuple(grid_hw))  # (b h pooled c)
        return (rows @ x.transpose(1, 2)).transpose(1, 2).flatten(1, 2)
