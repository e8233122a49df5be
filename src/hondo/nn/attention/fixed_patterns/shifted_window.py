"""Shifted windows: windows that begin ``shift`` tokens earlier, so that neighbours of two windows meet in a third.

Liu et al. 2021 (Swin), section 3.2. Windows at the border hold fewer tokens, as with Swin's masked cyclic shift. Costs
n window^2; pays off in every second block, beside ``window`` in the others.
"""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.attention.fixed_patterns.window import into_windows, out_of_windows
from hondo.nn.attention.projected import Leading, OfGrid, ProjectedAttention, attend_in_groups, beside, with_leading


def shifted_window_attention(
    *, dim: int, num_heads: int, window: int = 7, shift: int | None = None
) -> ProjectedAttention:
    """``shift`` defaults to half a window; 0 is window attention. Leading tokens are in every window."""
    shift = window // 2 if shift is None else shift
    if window < 1 or not 0 <= shift < window:
        raise HondoError(f"a shift is less than its window and not negative, got window={window} and shift={shift}")
    return ProjectedAttention(dim=dim, num_heads=num_heads, mix=partial(mix_in_windows, window=window, shift=shift))


def mix_in_windows(
    q: Float[Tensor, "b heads n d"],
    k: Float[Tensor, "b heads n d"],
    v: Float[Tensor, "b heads n d"],
    grid_hw: Size,
    *,
    window: int,
    shift: int,
) -> Float[Tensor, "b heads n d"]:
    """Values mixed within windows, of which the first holds ``shift`` rows and columns (all of a window for 0)."""
    size = (min(window, grid_hw[0] + shift), min(window, grid_hw[1] + shift))
    above = tuple((side - shift) % side for side in size) if shift else (0, 0)
    padded_hw = (grid_hw[0] + above[0], grid_hw[1] + above[1])

    def of_grid(q: OfGrid, k: OfGrid, v: OfGrid, leading_k: Leading, leading_v: Leading) -> OfGrid:
        def windows(x: Tensor) -> Tensor:  # (b heads n d) -> (b heads w m d)
            flat = x.flatten(0, 1).unflatten(1, grid_hw)
            flat = F.pad(flat, (0, 0, above[1], 0, above[0], 0)).flatten(1, 2)
            return into_windows(flat, grid_hw=padded_hw, window=size).unflatten(0, x.shape[:2])

        queries, keys, values = windows(q), windows(k), windows(v)
        keys = beside(leading_k, keys)
        values = beside(leading_v, values)
        is_token = windows(torch.ones_like(q[:1, :1, :, :1]))[0, 0, :, :, 0] > 0  # (w m)
        mask = F.pad(is_token, (leading_k.shape[2], 0), value=True).unsqueeze(1)
        mask = mask | ~is_token.unsqueeze(-1)  # filling attends to anything, and is thrown away
        mixed = attend_in_groups(queries, keys, values, mask=mask)
        flat = out_of_windows(mixed.flatten(0, 1), grid_hw=padded_hw, window=size).unflatten(1, padded_hw)
        return flat[:, above[0] :, above[1] :].flatten(1, 2).unflatten(0, q.shape[:2])

    return with_leading(q, k, v, grid_hw, of_grid)
