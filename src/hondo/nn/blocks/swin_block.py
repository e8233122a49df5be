"""Swin's block (Liu et al. 2021, section 3.2): attention inside windows that every second block shifts.

It takes the parts of timm's block. Sizes enter as arithmetic alone, so that graphs for any size trace in seconds.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.nn.attention.fixed_patterns.window import into_windows, out_of_windows
from hondo.nn.symbolic import steps_over

APART = -100.0  # added to the attention between tokens that the shift brought together (as the authors do)


class SwinBlock(nn.Module):
    """x + attention(norm x), then x + mlp(norm x), over a grid (b h w c); takes over the parts of ``timms`` block."""

    def __init__(self, timms: Any) -> None:
        super().__init__()
        self.window, self.shift = tuple(timms.window_size), tuple(timms.shift_size)
        self.norm1, self.attn, self.drop_path1 = timms.norm1, timms.attn, timms.drop_path1
        self.norm2, self.mlp, self.drop_path2 = timms.norm2, timms.mlp, timms.drop_path2

    def forward(self, x: Float[Tensor, "b h w c"]) -> Float[Tensor, "b h w c"]:
        """The grid after this block."""
        x = x + self.drop_path1(self._attended(self.norm1(x)))
        return x + self.drop_path2(self.mlp(self.norm2(x)))

    def _attended(self, x: Float[Tensor, "b h w c"]) -> Float[Tensor, "b h w c"]:
        """As published the grid is shifted, then filled up, so that windows at the end hold filling too."""
        grid_hw, is_shifted = (x.shape[1], x.shape[2]), any(self.shift)
        if is_shifted:
            x = torch.roll(x, (-self.shift[0], -self.shift[1]), (1, 2))
        windows = into_windows(x.flatten(1, 2), grid_hw=grid_hw, window=self.window)  # (b w m c)
        mask = apart(grid_hw, window=self.window, shift=self.shift, like=x) if is_shifted else None
        attended = self.attn(windows.flatten(0, 1), mask=mask).unflatten(0, windows.shape[:2])
        x = out_of_windows(attended, grid_hw=grid_hw, window=self.window).unflatten(1, grid_hw)
        return torch.roll(x, self.shift, (1, 2)) if is_shifted else x


def apart(grid_hw: Size, *, window: Size, shift: Size, like: Float[Tensor, "..."]) -> Float[Tensor, "w m m"]:
    """What is added to the attention of each two tokens of each window: APART where they were not neighbours.

    The last window of an axis holds what lay before the shift and what came round from the start.
    """
    sides = [steps_over(side, size) * size for side, size in zip(grid_hw, window, strict=True)]
    places = [torch.arange(side, device=like.device, dtype=like.dtype) for side in sides]
    rows, columns = (
        (place >= side - size).to(like.dtype) + (place >= side - moved)
        for place, side, size, moved in zip(places, sides, window, shift, strict=True)
    )
    region = (3 * rows[:, None] + columns).flatten()[None, :, None]  # (1 n 1)
    of_token = into_windows(region, grid_hw=(sides[0], sides[1]), window=window)[0, :, :, 0]  # (w m)
    return APART * (of_token[:, None] != of_token[:, :, None]).to(like.dtype)
