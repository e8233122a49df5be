"""Learnt position embeddings of a grid, resized to other grids once per size."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.nn.derived import Derived
from hondo.nn.positions import resized_positions


class PositionGrid(nn.Module):
    """``weight`` (1 n c): one embedding a place of ``grid_hw``, row by row, behind those of ``leading`` tokens.

    Other grids get them bilinearly resized.
    """

    def __init__(self, dim: int, *, grid_hw: Size, leading: int = 0) -> None:
        super().__init__()
        self.grid_hw: Size = (grid_hw[0], grid_hw[1])
        self.weight = nn.Parameter(torch.zeros(1, leading + grid_hw[0] * grid_hw[1], dim))
        nn.init.trunc_normal_(self.weight, std=0.02)
        self.derived = Derived()

    def forward(self, grid_hw: Size) -> Float[Tensor, "1 n c"]:
        resize = partial(resized_positions, grid_hw=self.grid_hw, size_hw=grid_hw, how="bilinear")
        return self.derived(grid_hw, self.weight, resize)
