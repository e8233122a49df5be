"""A convolution to one channel, computed for a patch of neighbouring places at once: one channel for each of them."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

PATCH = 4  # a side: 16 channels fill the blocks of channels in which CPUs compute convolutions


class PatchConv(nn.Module):
    """What ``conv`` computes (3x3, stride 1, one output): a kernel of 6 with stride 4 sees all that 4x4 places need."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.padding = int(conv.padding[0])
        self.patches = nn.Conv2d(conv.in_channels, PATCH**2, PATCH + 2, stride=PATCH)
        self.patches.weight = nn.Parameter(patch_kernel(conv.weight.detach()))
        self.patches.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach().repeat(PATCH**2))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1 _ _"]:
        height, width = x.shape[-2] + 2 * self.padding - 2, x.shape[-1] + 2 * self.padding - 2
        down, right = -height % PATCH, -width % PATCH
        if down or right:  # places beyond the map fill the last patches
            x = F.pad(x, (0, right, 0, down))
        patches = F.conv2d(x, self.patches.weight, self.patches.bias, PATCH, self.padding)
        return F.pixel_shuffle(patches, PATCH)[..., :height, :width]


def is_patchable(conv: nn.Conv2d) -> bool:
    """Whether PatchConv takes its place."""
    is_plain = conv.kernel_size == (3, 3) and conv.stride == (1, 1) and conv.dilation == (1, 1) and conv.groups == 1
    return is_plain and conv.out_channels == 1 and conv.padding in ((0, 0), (1, 1)) and conv.padding_mode == "zeros"


def patch_kernel(weight: Float[Tensor, "1 c 3 3"]) -> Float[Tensor, "n c 6 6"]:
    """``weight`` at each of the places of a patch, row by row."""
    places = [(row, column) for row in range(PATCH) for column in range(PATCH)]
    shifted = [F.pad(weight, (b, PATCH - 1 - b, a, PATCH - 1 - a)) for a, b in places]
    return torch.cat(shifted)
