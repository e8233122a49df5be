"""Learnt position embeddings, resized to another grid of tokens."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.tables import Table
from hondo.core.types import Size
from hondo.nn.derived import Derived

DINO_OFFSET = 0.1  # added to the grid's sides before they are divided; DINOv2 was trained with it


def bilinear(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """As DPT resizes: cells, not their centres, fill the image."""
    return F.interpolate(grid, size_hw, mode="bilinear", align_corners=False)


def corners(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """Bilinear, the corner cells stay in the corners."""
    return F.interpolate(grid, size_hw, mode="bilinear", align_corners=True)


def dino(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """Bicubic, sampled by the factor (cells + 0.1) / trained cells of each axis (DINOv2, Oquab et al. 2023)."""
    factors = [(new + DINO_OFFSET) / old for new, old in zip(size_hw, grid.shape[-2:], strict=True)]
    return F.interpolate(grid, scale_factor=factors, mode="bicubic", align_corners=False)


POSITIONS = Table("resizing of position embeddings", {"bilinear": bilinear, "corners": corners, "dino": dino})


def resized_positions(
    positions: Float[Tensor, "1 n c"], *, grid_hw: Size, size_hw: Size, how: str
) -> Float[Tensor, "1 _ c"]:
    """Positions of a grid of ``grid_hw`` tokens for one of ``size_hw``; leading ones stay as they are.

    ``how``: of POSITIONS.
    """
    if tuple(grid_hw) == tuple(size_hw):
        return positions
    count = grid_hw[0] * grid_hw[1]
    prefix, cells = positions[:, :-count], positions[:, -count:]
    grid = cells.transpose(1, 2).unflatten(2, grid_hw)  # (1 c h w)
    resized = POSITIONS[how](grid, size_hw).flatten(2).transpose(1, 2)
    return torch.cat([prefix, resized], dim=1)


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
        """The tokens with their position embeddings."""
        resize = partial(resized_positions, grid_hw=self.grid_hw, size_hw=grid_hw, how="bilinear")
        return self.derived(grid_hw, self.weight, resize)
