"""Learnt upsampling: a convolution computes four values a pixel, which a pixel shuffle lays out 2 x 2."""

from copy import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class ShuffleUp(nn.Module):
    """3x3 convolution, pixel shuffle to twice the size, ReLU, layer norm over the channels of each pixel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(inputs, 4 * outputs, 3, padding=1)
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d H W"]:
        """The upsampled map."""
        up = F.relu(F.pixel_shuffle(self.proj(x), 2))
        return self.norm(up.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def shuffle_head(inputs: int, *, width: int, is_light: bool = False) -> nn.Sequential:
    """Features to one value a pixel at twice the size: convolution, pixel shuffle, two convolutions.

    ``is_light``: the first convolution is 1x1 and the second depthwise.
    """
    kernel, groups = (1, width) if is_light else (3, 1)
    return nn.Sequential(
        nn.Conv2d(inputs, 4 * width, kernel, padding=kernel // 2),
        nn.PixelShuffle(2),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1, groups=groups),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 1, 3, padding=1),
    )


class BlockShuffle(nn.Module):
    """A pixel shuffle whose input holds all channels of one output position, then of the next: it copies runs."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d H W"]:
        """The upsampled map."""
        parted = x.unflatten(1, (self.factor, self.factor, -1))  # (b r r d h w)
        return parted.permute(0, 3, 4, 1, 5, 2).flatten(4, 5).flatten(2, 3)


def block_ordered(conv: nn.Conv2d, factor: int) -> nn.Conv2d:
    """``conv`` with its outputs in the order that BlockShuffle takes, in place of the one of nn.PixelShuffle."""
    ordered = copy(conv)
    order = torch.arange(conv.out_channels).unflatten(0, (-1, factor**2)).t().flatten()
    ordered._parameters = {
        name: None if each is None else nn.Parameter(each.detach()[order]) for name, each in conv._parameters.items()
    }
    return ordered


PATCH = 4  # a side: its 16 channels fill the channel blocks in which CPUs compute convolutions


class PatchConv(nn.Module):
    """Computes ``conv`` (3x3, stride 1, one output channel) in patches of 4x4: a 6x6 kernel with stride 4."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.padding = int(conv.padding[0])
        self.patches = nn.Conv2d(conv.in_channels, PATCH**2, PATCH + 2, stride=PATCH)
        self.patches.weight = nn.Parameter(patch_kernel(conv.weight.detach()))
        self.patches.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach().repeat(PATCH**2))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1 _ _"]:
        """The upsampled map."""
        height, width = x.shape[-2] + 2 * self.padding - 2, x.shape[-1] + 2 * self.padding - 2
        down, right = -height % PATCH, -width % PATCH
        if down or right:  # fills up the last patches
            x = F.pad(x, (0, right, 0, down))
        patches = F.conv2d(x, self.patches.weight, self.patches.bias, PATCH, self.padding)
        return F.pixel_shuffle(patches, PATCH)[..., :height, :width]


def is_patchable(conv: nn.Conv2d) -> bool:
    """Whether PatchConv can replace it."""
    is_plain = conv.kernel_size == (3, 3) and conv.stride == (1, 1) and conv.dilation == (1, 1) and conv.groups == 1
    return is_plain and conv.out_channels == 1 and conv.padding in ((0, 0), (1, 1)) and conv.padding_mode == "zeros"


def patch_kernel(weight: Float[Tensor, "1 c 3 3"]) -> Float[Tensor, "n c 6 6"]:
    """``weight`` shifted to each position of a patch, row by row."""
    places = [(row, column) for row in range(PATCH) for column in range(PATCH)]
    shifted = [F.pad(weight, (b, PATCH - 1 - b, a, PATCH - 1 - a)) for a, b in places]
    return torch.cat(shifted)
