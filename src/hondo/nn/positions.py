"""Learnt position embeddings, resized to another grid of tokens."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.tables import Table
from hondo.core.types import Size
from hondo.nn.derived import Derived
from hondo.nn.symbolic import is_symbolic

DINO_OFFSET = 0.1  # added to the grid's sides before they are divided; DINOv2 was trained with it
SHARPNESS = -0.75  # "a" of the cubic convolution (Keys 1981, equation 4), as PyTorch has it
REACH = 2  # cells that the cubic convolution looks to either side


def bilinear(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """As DPT resizes: cells, not their centres, fill the image."""
    return F.interpolate(grid, size_hw, mode="bilinear", align_corners=False)


def corners(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """Bilinear, the corner cells stay in the corners."""
    return F.interpolate(grid, size_hw, mode="bilinear", align_corners=True)


def dino(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """Bicubic, sampled by the factor (cells + 0.1) / trained cells of each axis (DINOv2, Oquab et al. 2023)."""
    if is_symbolic(*size_hw):
        return dino_in_graph(grid, size_hw)
    factors = [(new + DINO_OFFSET) / old for new, old in zip(size_hw, grid.shape[-2:], strict=True)]
    return F.interpolate(grid, scale_factor=factors, mode="bicubic", align_corners=False)


POSITIONS = Table("resizing of position embeddings", {"bilinear": bilinear, "corners": corners, "dino": dino})


def dino_in_graph(grid: Float[Tensor, "1 c _ _"], size_hw: Size) -> Float[Tensor, "1 c _ _"]:
    """``dino`` as a matrix along each axis, computed from the size: graphs hold no factor that depends on it.

    The trained grid stays as it is, as ``resized_positions`` has it.
    """
    places = [torch.arange(new, device=grid.device, dtype=torch.float32) for new in size_hw]
    counts = [place[-1:] + 1 for place in places]
    is_other = (counts[0] != grid.shape[-2]) | (counts[1] != grid.shape[-1])
    down, right = (
        cubic_matrix(place, factor=(count + DINO_OFFSET * is_other) / old, old=old)
        for place, count, old in zip(places, counts, grid.shape[-2:], strict=True)
    )
    padded = F.pad(grid.float(), (REACH,) * 4, mode="replicate")
    return (down @ padded @ right.t()).to(grid.dtype)


def cubic_matrix(place: Float[Tensor, " n"], *, factor: Float[Tensor, "1"], old: int) -> Float[Tensor, "n m"]:
    """What each of ``old`` cells, padded by REACH, adds to the values at ``place`` of the grid enlarged by ``factor``.

    The weights of cubic convolution (Keys 1981, equations 4 and 15).
    """
    centre = (place + 0.5) / factor - 0.5
    cells = torch.arange(-REACH, old + REACH, device=place.device, dtype=place.dtype)
    d, a = (centre[:, None] - cells).abs(), SHARPNESS
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * a * d - 4 * a
    return torch.where(d <= 1, near, torch.where(d < REACH, far, 0.0))


def resized_positions(
    positions: Float[Tensor, "1 n c"], *, grid_hw: Size, size_hw: Size, how: str
) -> Float[Tensor, "1 _ c"]:
    """Positions of a grid of ``grid_hw`` tokens for one of ``size_hw``; leading ones stay as they are.

    ``how``: of POSITIONS.
    """
    if not is_symbolic(*size_hw) and tuple(grid_hw) == tuple(size_hw):
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
