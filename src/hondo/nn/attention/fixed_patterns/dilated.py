"""Dilated sliding windows with global tokens: every token attends to (2 radius + 1)^2 tokens ``dilation`` apart.

Beltagy et al. 2020 (Longformer), section 3.1, on a grid; leading tokens are the global ones: they attend to all, and
all attend to them. Costs n (2 radius + 1)^2, but gathers keys for every query: it pays off only for small radii.
"""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, attend_in_groups, beside, with_leading


def dilated_attention(*, dim: int, num_heads: int, radius: int = 2, dilation: int = 2) -> ProjectedAttention:
    """With dilation 1 and a radius as wide as the grid it is softmax attention."""
    if radius < 0 or dilation < 1:
        raise HondoError(f"a radius is at least 0 and a dilation at least 1, got {radius=} and {dilation=}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=partial(mix_dilated, radius=radius, dilation=dilation))


def mix_dilated(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    radius: int,
    dilation: int,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed over each token's neighbours; beyond the grid there is nothing."""

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        around = partial(neighbours, grid_hw=grid_hw, radius=radius, dilation=dilation)
        keys, values = around(k), around(v)  # (b heads n m d)
        keys = beside(leading_k, keys)
        values = beside(leading_v, values)
        inside = around(torch.ones_like(q[:1, :1, :, :1]))[0, 0, :, :, 0] > 0
        mask = F.pad(inside, (leading_k.shape[2], 0), value=True).unsqueeze(1)
        return attend_in_groups(q.unsqueeze(3), keys, values, mask=mask).squeeze(3)

    return with_leading(q, k, v, grid_hw, of_grid)


def neighbours(
    x: Float[Tensor, "b heads n d"], *, grid_hw: Size, radius: int, dilation: int
) -> Float[Tensor, "b heads n m d"]:
    """The (2 radius + 1)^2 tokens around every token, ``dilation`` apart; zeros beyond the grid."""
    side, channels = 2 * radius + 1, x.shape[-1]
    grid = x.transpose(2, 3).unflatten(3, grid_hw).flatten(1, 2)  # (b heads*d h w)
    around = F.unfold(grid, kernel_size=side, dilation=dilation, padding=radius * dilation)
    return around.unflatten(1, (-1, channels, side**2)).permute(0, 1, 4, 3, 2)
