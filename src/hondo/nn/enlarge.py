"""A map of one channel made larger by a whole factor, bilinearly: as torch does it, or as a convolution.

Engines resize several channels at once, and one at a time so slowly that it costs as much as a stage of a network.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.doubled_conv import edge_repeated


class Enlarge(nn.Module):
    """Bilinear, pixel centres at +0.5, the edge repeated beyond the border."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 H W"]:
        return F.interpolate(x, scale_factor=float(self.factor), mode="bilinear", align_corners=False)


class EnlargeByConv(nn.Module):
    """What Enlarge gives: one convolution computes the values that a place becomes, a pixel shuffle lays them out."""

    kernel: Tensor

    def __init__(self, enlarge: Enlarge) -> None:
        super().__init__()
        self.factor = enlarge.factor
        self.register_buffer("kernel", enlarging_kernel(self.factor), persistent=False)

    def forward(self, x: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 H W"]:
        return F.pixel_shuffle(F.conv2d(edge_repeated(x), self.kernel.to(x)), self.factor)


def enlarging_kernel(factor: int) -> Float[Tensor, "n 1 3 3"]:
    """Weights of a place and its neighbours in each of the factor x factor values that it becomes, row by row."""
    shift = (torch.arange(factor) + 0.5) / factor - 0.5  # of the value from the centre of its place
    line = torch.stack([(-shift).relu(), 1 - shift.abs(), shift.relu()], dim=1)  # (factor 3)
    return torch.einsum("ak,bl->abkl", line, line).reshape(-1, 1, 3, 3)
