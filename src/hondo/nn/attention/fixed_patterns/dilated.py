"""Dilated sliding windows with global tokens: every token attends to (2 radius + 1)^2 tokens ``dilation`` apart.

Beltagy et al. 2020 (Longformer), section 3.1, on a grid; leading tokens are the global ones: they attend to all, and
all attend to them. Costs n (2 radius + 1)^2. Tokens a multiple of the dilation apart form grids of their own, in which
neighbours are next to each other: blocks with a halo there, as gathering the keys of every query costs far more.
"""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.fixed_patterns.halo import of_blocks
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, one_head_at_a_time, with_leading
from hondo.nn.symbolic import is_symbolic

BLOCK = 4  # queries along a side that share their keys


def dilated_attention(*, dim: int, num_heads: int, radius: int = 2, dilation: int = 2) -> ProjectedAttention:
    """With dilation 1 and a radius as wide as the grid it is softmax attention."""
    if radius < 0 or dilation < 1:
        raise HondoError(f"a radius is at least 0 and a dilation at least 1, got {radius=} and {dilation=}")
    mix = one_head_at_a_time(partial(mix_dilated, radius=radius, dilation=dilation))
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix)


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

    rows, columns = (_phases(side, dilation) for side in grid_hw)

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        def of_phase(row: int, column: int) -> Float[Tensor, "b heads h w d"]:
            parts = [x.unflatten(2, grid_hw)[:, :, row::dilation, column::dilation] for x in (q, k, v)]
            size_hw = (parts[0].shape[2], parts[0].shape[3])
            queries, keys, values = (part.flatten(2, 3) for part in parts)
            mixed = of_blocks(
                queries, keys, values, leading_k, leading_v, grid_hw=size_hw, block=BLOCK, halo=radius, reach=radius
            )
            return mixed.unflatten(2, size_hw)

        return _interleaved([[of_phase(row, column) for column in columns] for row in rows], grid_hw)

    return with_leading(q, k, v, grid_hw, of_grid)


def _phases(side: int, dilation: int) -> range:
    """The first tokens of each grid along a side; fewer where the side is shorter than the dilation."""
    return range(dilation if is_symbolic(side) else min(side, dilation))


def _interleaved(phases: list[list[Float[Tensor, "b heads _ _ d"]]], grid_hw: Size) -> Float[Tensor, "b heads n d"]:
    """The grids back in one; the later ones of a side may be shorter by one."""
    high, wide = phases[0][0].shape[2:4]
    rows = [
        torch.stack([F.pad(x, (0, 0, 0, wide - x.shape[3], 0, high - x.shape[2])) for x in row], dim=4)
        for row in phases
    ]  # each (b heads high wide columns d)
    grid = torch.stack(rows, dim=3).flatten(4, 5).flatten(2, 3)
    return grid[:, :, : grid_hw[0], : grid_hw[1]].flatten(2, 3)
