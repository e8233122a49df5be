"""A 3x3 convolution after bilinear resizing (align_corners), and the same result with the convolution first.

Both steps are linear. Channels are mixed at the small size, once for each tap of the kernel; two matrices then shift
and resize the taps' maps along rows and columns, and sum them.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from hondo.core.types import Size

MAX_RELATIVE_COST = 0.6  # above this share of the multiplications the direct form is used, which moves less memory


class ResizedConv(nn.Sequential):
    """Convolution (zero padding), batch norm and activation over the map resized to ``skip``, and ``skip``."""

    def __init__(self, *layers: nn.Module, skip_channels: int) -> None:
        super().__init__(*layers)
        self.skip_channels = skip_channels

    def forward(self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"]) -> Float[Tensor, "b e H W"]:
        """The upsampled map."""
        return super().forward(resize_and_concatenate(x, skip))

    def is_plain(self) -> bool:
        """Whether the layers are float ones, not ones that a compression put in their place."""
        return type(self[0]) is nn.Conv2d and type(self[1]) is nn.BatchNorm2d


def resize_and_concatenate(x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"]) -> Float[Tensor, "b _ H W"]:
    """``x`` resized to ``skip``, concatenated with it."""
    resized = F.interpolate(x, skip.shape[-2:], mode="bilinear", align_corners=True)
    return torch.cat([resized, skip], dim=1)


class ConvBeforeResize(nn.Module):
    """Computes ``resized``; in its own order where that costs less, as for wide maps of few channels."""

    def __init__(self, resized: ResizedConv) -> None:
        super().__init__()
        layers: Any = resized
        conv, norm, *rest = layers
        self.conv = fuse_conv_bn_eval(conv, norm)
        self.inputs, outputs = self.conv.in_channels - resized.skip_channels, self.conv.out_channels
        of_map, of_skip = self.conv.weight.detach().split([self.inputs, resized.skip_channels], dim=1)
        self.taps = nn.ModuleList(nn.Linear(self.inputs, 3 * outputs, bias=False) for _ in range(3))  # a row each
        for row, linear in enumerate(self.taps):
            linear.weight = nn.Parameter(of_map[:, :, row].permute(2, 0, 1).flatten(0, 1).contiguous())  # (3e c)
        self.skip = nn.Conv2d(resized.skip_channels, outputs, 3, padding=1)
        self.skip.weight, self.skip.bias = nn.Parameter(of_skip.contiguous()), self.conv.bias
        self.rest = nn.Sequential(*rest)

    def forward(self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"]) -> Float[Tensor, "b e H W"]:
        """The upsampled map."""
        small_hw, large_hw = (x.shape[-2], x.shape[-1]), (skip.shape[-2], skip.shape[-1])
        if relative_cost(small_hw, large_hw, channels=self.inputs) > MAX_RELATIVE_COST:
            return self.rest(self.conv(resize_and_concatenate(x, skip)))
        down, right = (shifted_resize(small, large).to(x) for small, large in zip(small_hw, large_hw, strict=True))
        return self.rest(self._summed(x, down=down, right=right) + self.skip(skip))

    def _summed(
        self, x: Float[Tensor, "b c h w"], *, down: Float[Tensor, "3 H h"], right: Float[Tensor, "3 W w"]
    ) -> Float[Tensor, "b e H W"]:
        along_rows = right.permute(1, 2, 0).flatten(1)  # (W 3w)
        along_columns = down.permute(1, 0, 2).flatten(1)  # (H 3h)
        tokens = x.permute(0, 2, 3, 1)  # (b h w c)
        rows = [along_rows @ taps(tokens).unflatten(-1, (3, -1)).flatten(2, 3) for taps in self.taps]  # (b h W e)
        summed = along_columns @ torch.cat(rows, dim=1).flatten(2)  # (b H We)
        return summed.unflatten(2, (along_rows.shape[0], -1)).permute(0, 3, 1, 2)


def shifted_resize(small: int, large: int) -> Float[Tensor, "3 n m"]:
    """For each of three taps the matrix that resizes ``small`` values to ``large``, read at the tap's place."""
    matrix = F.interpolate(torch.eye(small)[None], large, mode="linear", align_corners=True)[0].t()  # (large small)
    padded = F.pad(matrix, (0, 0, 1, 1))
    return torch.stack([padded[tap : tap + large] for tap in range(3)])


def relative_cost(small_hw: Size, large_hw: Size, *, channels: int) -> float:
    """Multiplications for one output of the convolution before the resizing, over those after it."""
    (small_h, small_w), (large_h, large_w) = small_hw, large_hw
    mixing = 9 * channels * (small_h * small_w) / (large_h * large_w)
    return (mixing + 9 * small_w * small_h / large_h + 3 * small_h) / (9 * channels)
