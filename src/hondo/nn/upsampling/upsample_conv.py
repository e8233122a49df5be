"""Upsampling followed by a convolution, and faster forms with the same result for inference."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.blocks.convolution import ConvReflect

# Taps of a kernel of 3 that meet the same cell of the small map, for each tap of the transposed kernel of 4.
_SUMS = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


class UpsampleConv(nn.Sequential):
    """Layers over the map upsampled by 2 (nearest) and ``skip``; the first is a 3x3 convolution or a ConvReflect."""

    def __init__(self, *layers: nn.Module, skip_channels: int = 0) -> None:
        super().__init__(*layers)
        self.skip_channels = skip_channels

    def is_plain(self) -> bool:
        """Whether the convolution is a float one, not one that a compression put in its place."""
        first = self[0]
        return type(first.conv if isinstance(first, ConvReflect) else first) is nn.Conv2d

    def forward(
        self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"] | None = None
    ) -> Float[Tensor, "b e H W"]:
        """The upsampled map."""
        upsampled = F.interpolate(x, scale_factor=2, mode="nearest")
        return super().forward(upsampled if skip is None else torch.cat([upsampled, skip], dim=1))


class FoldedUpsampleConv(nn.Module):
    """Computes ``upsample_conv`` with a transposed convolution of the small map: 4 multiplications a value, not 9."""

    def __init__(self, upsample_conv: UpsampleConv) -> None:
        super().__init__()
        first, *rest = upsample_conv
        self.reflects = isinstance(first, ConvReflect)
        conv: Any = first.conv if isinstance(first, ConvReflect) else first
        inputs = conv.in_channels - upsample_conv.skip_channels
        of_map, of_skip = conv.weight.detach().split([inputs, upsample_conv.skip_channels], dim=1)
        # Reflection repeats the upsampled map's edge: the small map's edge is repeated, and its upsampled part cut off.
        self.small = nn.ConvTranspose2d(inputs, conv.out_channels, 4, stride=2, padding=3 if self.reflects else 1)
        self.small.weight = nn.Parameter(transposed_kernel(of_map))
        self.small.bias = conv.bias
        self.skip: nn.Module | None = None
        if upsample_conv.skip_channels:
            self.small.bias = None
            self.skip = _of_skip(conv, of_skip, reflects=self.reflects)
        self.rest = nn.Sequential(*rest)

    def forward(
        self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"] | None = None
    ) -> Float[Tensor, "b e H W"]:
        """The upsampled map."""
        x = self.small(pad_edge(x) if self.reflects else x)
        return self.rest(x if self.skip is None else x + self.skip(skip))


def pad_edge(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _ _"]:
    """Padded by one pixel with its edge. Exporters turn F.pad's "replicate" into gathers, which are slower."""
    x = torch.cat([x[:, :, :1], x, x[:, :, -1:]], dim=2)
    return torch.cat([x[..., :1], x, x[..., -1:]], dim=3)


def transposed_kernel(weight: Float[Tensor, "d c 3 3"]) -> Float[Tensor, "c d 4 4"]:
    """The transposed kernel (stride 2, padding 1) that does to a map what ``weight`` does to the map upsampled by 2."""
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
        """The upsampled map."""
        return F.interpolate(x, scale_factor=float(self.factor), mode="bilinear", align_corners=False)


class ConvBilinearUpsample(nn.Module):
    """Computes ``upsample`` with one convolution and a pixel shuffle."""

    kernel: Float[Tensor, "n 1 3 3"]

    def __init__(self, upsample: BilinearUpsample) -> None:
        super().__init__()
        self.factor = upsample.factor
        self.register_buffer("kernel", bilinear_kernel(self.factor), persistent=False)

    def forward(self, x: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 H W"]:
        """The upsampled map."""
        return F.pixel_shuffle(F.conv2d(pad_edge(x), self.kernel.to(x)), self.factor)


def bilinear_kernel(factor: int) -> Float[Tensor, "n 1 3 3"]:
    """Weights of a pixel and its neighbours for each of the factor x factor values at its place, row by row."""
    shift = (torch.arange(factor) + 0.5) / factor - 0.5  # of the value from the centre of its pixel
    line = torch.stack([(-shift).relu(), 1 - shift.abs(), shift.relu()], dim=1)  # (factor 3)
    return torch.einsum("ak,bl->abkl", line, line).reshape(-1, 1, 3, 3)
