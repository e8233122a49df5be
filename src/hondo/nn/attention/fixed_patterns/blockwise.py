"""Blockwise attention: tokens attend to those of their own block of ``block`` successive tokens, row by row.

Qiu et al. 2020 (BlockBERT), section 3. Costs n block. On a grid, windows keep neighbours together better; blocks need
no grid and divide any number of tokens.
"""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, attend_in_groups, beside, with_leading


def blockwise_attention(*, dim: int, num_heads: int, block: int = 64) -> ProjectedAttention:
    """With a block as long as all tokens it is softmax attention. Leading tokens are in every block."""
    if block < 1:
        raise HondoError(f"a block holds at least 1 token, got block={block}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=partial(mix_in_blocks, block=block))


def mix_in_blocks(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    block: int,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed within blocks; the last one is filled up, and the filling is masked."""

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        length = q.shape[2]
        size = min(block, length)
        missing = -length % size
        queries, keys, values = (F.pad(x, (0, 0, 0, missing)).unflatten(2, (-1, size)) for x in (q, k, v))
        keys = beside(leading_k, keys)
        values = beside(leading_v, values)
        mask = None
        if missing:
            is_token = (torch.arange(length + missing, device=q.device) < length).unflatten(0, (-1, size))
            mask = F.pad(is_token, (leading_k.shape[2], 0), value=True)[:, None]  # (blocks 1 m)
        mixed = attend_in_groups(queries, keys, values, mask=mask)
        return mixed.flatten(2, 3)[:, :, :length]

    return with_leading(q, k, v, grid_hw, of_grid)
