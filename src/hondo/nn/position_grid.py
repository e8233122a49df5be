"""Learnt position embeddings of a grid, resized to other grids once per size."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.types import Size

_MOST_SIZES = 16  # kept at a time


class PositionGrid(nn.Module):
    """``weight`` (1 n c): one embedding a place of ``grid_hw``, row by row, behind those of ``leading`` tokens.

    Other grids get them bilinearly resized. Without gradients a size is computed once, until the weight changes.
    """

    def __init__(self, dim: int, *, grid_hw: Size, leading: int = 0) -> None:
        super().__init__()
        self.grid_hw, self.leading = tuple(grid_hw), leading
        self.weight = nn.Parameter(torch.zeros(1, leading + grid_hw[0] * grid_hw[1], dim))
        nn.init.trunc_normal_(self.weight, std=0.02)
        self._resized: dict[tuple[int, ...], Tensor] = {}

    def forward(self, grid_hw: Size) -> Float[Tensor, "1 n c"]:
        if tuple(grid_hw) == self.grid_hw:
            return self.weight
        if (
            torch.is_grad_enabled()
            or torch.compiler.is_compiling()
            or self.weight.is_inference()
            or self.weight.is_meta
        ):
            return self._resize(grid_hw)
        key = (*grid_hw, self.weight._version, self.weight.data_ptr())
        if key not in self._resized:
            if len(self._resized) == _MOST_SIZES:
                self._resized.clear()
            self._resized[key] = self._resize(grid_hw)
        return self._resized[key]

    def _resize(self, grid_hw: Size) -> Float[Tensor, "1 n c"]:
        grid = self.weight[:, self.leading :].transpose(1, 2).unflatten(-1, self.grid_hw)
        placed = F.interpolate(grid, tuple(grid_hw), mode="bilinear", align_corners=False).flatten(2).transpose(1, 2)
        return torch.cat([self.weight[:, : self.leading], placed], dim=1)
