"""Local attention in blocks: a block of ``block`` x ``block`` queries attends to itself and ``halo`` tokens around it.

Vaswani et al. 2021 (HaloNet), section 3.1; local attention of Parmar et al. 2018 (Image Transformer) in its efficient
form. Costs n (block + 2 halo)^2. Pays off on large grids whose details depend on their surroundings alone.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.fixed_patterns.window import into_windows, out_of_windows
from hondo.nn.attention.projected import (
    Leading,
    OfGrid,
    ProjectedAttention,
    attend_in_groups,
    beside,
    one_head_at_a_time,
    with_leading,
)

BAND = 512  # tokens whose surroundings exist at once: those of all leave the cache, and time grew faster than tokens


def halo_attention(*, dim: int, num_heads: int, block: int = 4, halo: int = 3) -> ProjectedAttention:
    """A halo of 0 is window attention; one as wide as the grid is softmax attention."""
    if block < 1 or halo < 0:
        raise HondoError(f"a block is at least 1 and a halo at least 0 wide, got block={block} and halo={halo}")
    mix = one_head_at_a_time(partial(mix_with_halo, block=block, halo=halo))
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=mix)


def mix_with_halo(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    block: int,
    halo: int,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed over each block's surroundings; beyond the grid there is nothing."""
    return with_leading(q, k, v, grid_hw, partial(of_blocks, grid_hw=grid_hw, block=block, halo=halo))


def of_blocks(
    q: OfGrid,
    k: OfGrid,
    v: OfGrid,
    leading_k: Leading,
    leading_v: Leading,
    *,
    grid_hw: Size,
    block: int,
    halo: int,
    reach: int | None = None,
) -> OfGrid:
    """The values mixed for the tokens of the grid. ``reach``: how many rows and columns a key may be from its query."""
    of_rows = partial(_of_rows, leading_k=leading_k, leading_v=leading_v, block=block, halo=halo, reach=reach)
    if torch.compiler.is_compiling():  # an engine knows better
        return of_rows(q, k, v, size_hw=grid_hw, beyond=(halo, halo))
    bands, step = [], block * max(1, BAND // (block * grid_hw[1]))
    for first in range(0, grid_hw[0], step):
        last = min(first + step, grid_hw[0])
        top, bottom = max(first - halo, 0), min(last + halo, grid_hw[0])
        queries, around = (slice(rows[0] * grid_hw[1], rows[1] * grid_hw[1]) for rows in ((first, last), (top, bottom)))
        beyond, size_hw = (top - first + halo, last - bottom + halo), (last - first, grid_hw[1])
        bands.append(of_rows(q[:, :, queries], k[:, :, around], v[:, :, around], size_hw=size_hw, beyond=beyond))
    return bands[0] if len(bands) == 1 else torch.cat(bands, dim=2)


def _of_rows(
    q: OfGrid,
    k: Float[Tensor, "b heads m d"],
    v: Float[Tensor, "b heads m d"],
    *,
    leading_k: Leading,
    leading_v: Leading,
    size_hw: Size,
    block: int,
    halo: int,
    reach: int | None,
    beyond: tuple[int, int],
) -> OfGrid:
    """The values mixed for rows of the grid; of the halo above and below, the rows ``beyond`` have no keys."""
    window, around_hw = (block, block), (size_hw[0] + 2 * halo - sum(beyond), size_hw[1])
    around = partial(surroundings, grid_hw=around_hw, block=block, halo=halo, beyond=beyond)
    queries = into_windows(q.flatten(0, 1), grid_hw=size_hw, window=window).unflatten(0, q.shape[:2])
    keys, values = beside(leading_k, around(k)), beside(leading_v, around(v))
    inside = around(torch.ones_like(k[:1, :1, :, :1]))[0, 0, :, :, 0] > 0
    mask = F.pad(inside, (leading_k.shape[2], 0), value=True).unsqueeze(1)  # (w 1 l)
    if reach is not None:
        near = within(reach, block=block, halo=halo, device=q.device)
        mask = mask & F.pad(near, (leading_k.shape[2], 0), value=True)
    mixed = attend_in_groups(queries, keys, values, mask=mask)
    return out_of_windows(mixed.flatten(0, 1), grid_hw=size_hw, window=window).unflatten(0, q.shape[:2])


def within(reach: int, *, block: int, halo: int, device: torch.device) -> Bool[Tensor, "m l"]:
    """Which keys of a block's surroundings lie within ``reach`` rows and columns of each of its queries."""
    query, key = torch.arange(block, device=device), torch.arange(-halo, block + halo, device=device)
    near = (query[:, None] - key).abs() <= reach  # along one side
    return (near[:, None, :, None] & near[None, :, None, :]).flatten(2, 3).flatten(0, 1)


def surroundings(
    x: Float[Tensor, "b heads n d"], *, grid_hw: Size, block: int, halo: int, beyond: tuple[int, int] | None = None
) -> Float[Tensor, "b heads w m d"]:
    """The tokens of every block and of ``halo`` rows and columns around it; zeros beyond the grid.

    ``beyond``: how many rows of the halo above and below the grid does not hold; None: all, blocks begin with it.
    """
    above, below = beyond or (halo, halo)
    reach, channels = block + 2 * halo, x.shape[-1]
    grid = x.transpose(2, 3).unflatten(3, grid_hw).flatten(1, 2)  # (b heads*d h w)
    rows = grid_hw[0] + above + below - 2 * halo  # of blocks
    grid = F.pad(grid, (halo, halo + -grid_hw[1] % block, above, below + -rows % block))
    around = F.unfold(grid, kernel_size=reach, stride=block)  # (b heads*d*m w)
    return around.unflatten(1, (-1, channels, reach**2)).permute(0, 1, 4, 3, 2)
