"""A 3x3 convolution of a map that was doubled by nearest neighbours: over the doubled map, or with 4/9 of the work."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks.convolution import ConvReflect

# Taps of a kernel of 3 that meet the same cell of the small map, for each tap of the transposed kernel of 4.
_SUMS = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


class UpsampleConv(nn.Sequential):
    """Layers over [the doubled map, ``skip``]; the first is a 3x3 convolution, zero-padded or ConvReflect."""

    def __init__(self, *layers: nn.Module, skip_channels: int = 0) -> None:
        super().__init__(*layers)
        self.skip_channels = skip_channels

    def is_plain(self) -> bool:
        """Whether the convolution is still one of floats, and not what a compression put in its place."""
        first = self[0]
        return type(first.conv if isinstance(first, ConvReflect) else first) is nn.Conv2d

    def forward(
        self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"] | None = None
    ) -> Float[Tensor, "b e H W"]:
        doubled = F.interpolate(x, scale_factor=2, mode="nearest")
        return super().forward(doubled if skip is None else torch.cat([doubled, skip], dim=1))


class FoldedUpsampleConv(nn.Module):
    """What ``doubled`` computes, with the map's share as a transposed convolution of the small map: 4 taps, not 9."""

    def __init__(self, doubled: UpsampleConv) -> None:
        super().__init__()
        first, *rest = doubled
        self.reflects = isinstance(first, ConvReflect)
        conv: Any = first.conv if isinstance(first, ConvReflect) else first
        inputs = conv.in_channels - doubled.skip_channels
        of_map, of_skip = conv.weight.detach().split([inputs, doubled.skip_channels], dim=1)
        # Reflection repeats the doubled map's edge: the small map's edge is repeated, and what grew of it cut off.
        self.small = nn.ConvTranspose2d(inputs, conv.out_channels, 4, stride=2, padding=3 if self.reflects else 1)
        self.small.weight = nn.Parameter(doubled_kernel(of_map))
        self.small.bias = conv.bias
        self.skip: nn.Module | None = None
        if doubled.skip_channels:
            self.small.bias = None
            self.skip = _of_skip(conv, of_skip, reflects=self.reflects)
        self.rest = nn.Sequential(*rest)

    def forward(
        self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"] | None = None
    ) -> Float[Tensor, "b e H W"]:
        x = self.small(edge_repeated(x) if self.reflects else x)
        return self.rest(x if self.skip is None else x + self.skip(skip))


def edge_repeated(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _ _"]:
    """Padded by one with its edge. Exporters turn F.pad's "replicate" into gathers, which cost more."""
    x = torch.cat([x[:, :, :1], x, x[:, :, -1:]], dim=2)
    return torch.cat([x[..., :1], x, x[..., -1:]], dim=3)


def doubled_kernel(weight: Float[Tensor, "d c 3 3"]) -> Float[Tensor, "c d 4 4"]:
    """The transposed kernel (stride 2, padding 1) that does to a map what ``weight`` does to the doubled map."""
    sums = torch.tensor(_SUMS, dtype=weight.dtype, device=weight.device)
    return torch.einsum("ik,dckl,jl->cdij", sums, weight, sums).contiguous()


def _of_skip(conv: nn.Conv2d, weight: Float[Tensor, "d c 3 3"], *, reflects: bool) -> nn.Module:
    """The same convolution of the skip connection alone."""
    inputs, outputs = weight.shape[1], weight.shape[0]
    reflecting = ConvReflect(inputs, outputs)
    alone = reflecting.conv if reflects else nn.Conv2d(inputs, outputs, 3, padding=1)
    alone.weight, alone.bias = nn.Parameter(weight.contiguous()), conv.bias
    return reflecting if reflects else alone


class BilinearUpsample(nn.Module):
    """Bilinear, pixel centres at +0.5, the edge repeated beyond the border."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 H W"]:
        return F.interpolate(x, scale_factor=float(self.factor), mode="bilinear", align_corners=False)


class ConvBilinearUpsample(nn.Module):
    """What Enlarge gives: one convolution computes the values that a place becomes, a pixel shuffle lays them out."""

    kernel: Tensor

    def __init__(self, enlarge: BilinearUpsample) -> None:
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
