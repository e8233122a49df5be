"""Strided attention: half of the heads attend along the row of a token, the other half along its column.

Child et al. 2019 (Sparse Transformer), section 4.2, for images: a stride of one row. Costs n (h + w); two layers join
any two tokens. Pays off on large grids.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.types import Size
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, attend_in_groups, beside, with_leading


def strided_attention(*, dim: int, num_heads: int) -> ProjectedAttention:
    """A single head, and the odd one of several, goes along rows. Leading tokens are in every row and column."""
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix_strided)


def mix_strided(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed along rows in the first half of the heads, along columns in the second."""
    rows = (q.shape[1] + 1) // 2

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        q, k, v = (x.unflatten(2, grid_hw) for x in (q, k, v))  # (b heads h w d)
        along_rows = _along(q[:, :rows], k[:, :rows], v[:, :rows], leading_k[:, :rows], leading_v[:, :rows])
        q, k, v = (x[:, rows:].transpose(2, 3) for x in (q, k, v))
        along_columns = _along(q, k, v, leading_k[:, rows:], leading_v[:, rows:]).transpose(2, 3)
        return torch.cat([along_rows, along_columns], dim=1).flatten(2, 3)

    return with_leading(q, k, v, grid_hw, of_grid)


def _along(
    q: Float[Tensor, "b heads lines m d"],
    k: Float[Tensor, "b heads lines m d"],
    v: Float[Tensor, "b heads lines m d"],
    leading_k: Float[Tensor, "b heads l d"],
    leading_v: Float[Tensor, "b heads l d"],
) -> Float[Tensor, "b heads lines m d"]:
    """Softmax attention within each line, and to the leading tokens."""
    keys = beside(leading_k, k)
    values = beside(leading_v, v)
    return attend_in_groups(q, keys, values)
