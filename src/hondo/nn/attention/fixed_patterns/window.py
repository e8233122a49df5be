"""Window attention: tokens ask those of their own window of the grid (Liu et al. 2021, Swin, section 3.2; no shift).

With a window as large as the grid it is softmax attention.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.symbolic import is_symbolic, steps_over
from hondo.nn.tokens import head_dim_of, join_heads, split_heads


class WindowAttention(nn.Module):
    """Takes the weights of softmax attention as they are.

    Leading tokens without a place (a class token) are in every window, and ask everybody.
    """

    def __init__(self, *, dim: int, num_heads: int, window: int = 7) -> None:
        super().__init__()
        if window < 1:
            raise HondoError(f"a window is at least 1 token wide, got window={window}")
        self.window = window
        self.head_dim = head_dim_of(dim, num_heads)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, tokens: Float[Tensor, "b n c"], grid_hw: Size) -> Float[Tensor, "b n c"]:
        """The attended tokens, of the same shape."""
        leading = tokens.shape[1] - grid_hw[0] * grid_hw[1]
        projected = self.qkv(tokens)
        window = window_of(grid_hw, largest=self.window)
        inside = into_windows(projected[:, leading:], grid_hw=grid_hw, window=window)  # (b w m 3c)
        count = inside.shape[1]
        everywhere = projected[:, None, :leading].expand(-1, count, -1, -1)
        q, k, v = split_heads(
            torch.cat([everywhere, inside], dim=2).flatten(0, 1), head_dim=self.head_dim, parts=3
        )  # each (b*w heads leading+m d)
        mask = is_token(grid_hw, window=window, leading=leading, batch=tokens.shape[0], device=tokens.device)
        mixed = join_heads(F.scaled_dot_product_attention(q[:, :, leading:], k, v, attn_mask=mask))
        mixed = out_of_windows(mixed.unflatten(0, (-1, count)), grid_hw=grid_hw, window=window)
        if leading:
            mixed = torch.cat([self._of_leading(projected, leading), mixed], dim=1)
        return self.proj(mixed)

    def _of_leading(self, projected: Float[Tensor, "b n _"], leading: int) -> Float[Tensor, "b _ _"]:
        q, k, v = split_heads(projected, head_dim=self.head_dim, parts=3)
        return join_heads(F.scaled_dot_product_attention(q[:, :, :leading], k, v))


def window_of(grid_hw: Size, *, largest: int) -> Size:
    """The window's size, no larger than the grid; in a graph for any size as large as it gets, then filled up."""
    if is_symbolic(*grid_hw):
        return largest, largest
    return min(largest, grid_hw[0]), min(largest, grid_hw[1])


def into_windows(grid: Float[Tensor, "b n c"], *, grid_hw: Size, window: Size) -> Float[Tensor, "b w m c"]:
    """Tokens row by row to windows row by row; the last ones are filled up with zeros."""
    (high, wide), (rows, columns) = window, map(steps_over, grid_hw, window)
    x = grid.unflatten(1, grid_hw)
    x = F.pad(x, (0, 0, 0, columns * wide - grid_hw[1], 0, rows * high - grid_hw[0]))
    x = x.unflatten(2, (columns, wide)).unflatten(1, (rows, high))  # (b rows high columns wide c)
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def out_of_windows(windows: Float[Tensor, "b w m c"], *, grid_hw: Size, window: Size) -> Float[Tensor, "b n c"]:
    """Undoes ``into_windows``."""
    rows, columns = map(steps_over, grid_hw, window)
    x = windows.unflatten(2, window).unflatten(1, (rows, columns))  # (b rows columns high wide c)
    x = x.transpose(2, 3).flatten(3, 4).flatten(1, 2)
    return x[:, : grid_hw[0], : grid_hw[1]].flatten(1, 2)


def is_token(
    grid_hw: Size, *, window: Size, leading: int, batch: int, device: torch.device
) -> Bool[Tensor, "bw 1 1 m"] | None:
    """Which keys of every window are tokens and not filling; None where all are."""
    if not is_symbolic(*grid_hw) and not (grid_hw[0] % window[0] or grid_hw[1] % window[1]):
        return None
    ones = torch.ones(1, grid_hw[0] * grid_hw[1], 1, device=device)
    inside = into_windows(ones, grid_hw=grid_hw, window=window)[0, :, :, 0] > 0  # (w m)
    return F.pad(inside, (leading, 0), value=True).repeat(batch, 1)[:, None, None]
