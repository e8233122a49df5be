"""Convolutions with what usually follows them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def conv_norm_relu(
    inputs: int,
    outputs: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
    relu: type[nn.ReLU] | type[nn.ReLU6] = nn.ReLU,
) -> nn.Sequential:
    """Convolution (zero padding, no bias), batch normalisation, ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), relu(inplace=True))


def separable(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, relu: type[nn.ReLU] | type[nn.ReLU6] = nn.ReLU
) -> nn.Sequential:
    """Depthwise, then pointwise convolution, each with batch normalisation and ReLU."""
    return nn.Sequential(
        conv_norm_relu(inputs, inputs, kernel=kernel, stride=stride, groups=inputs, relu=relu),
        conv_norm_relu(inputs, outputs, kernel=1, relu=relu),
    )


def conv_elu(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 convolution (reflection padding, so that borders are not pulled towards zero), then ELU."""
    return nn.Sequential(ConvReflect(inputs, outputs), nn.ELU(inplace=True))


class ConvReflect(nn.Module):
    """3x3 convolution with reflection padding; a map of one row or column repeats its edge."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """The layer's output."""
        mode = "reflect" if min(x.shape[-2:]) > 1 else "replicate"
        return self.conv(F.pad(x, (1, 1, 1, 1), mode=mode))


class SeparableResidual(nn.Module):
    """x + pointwise(depthwise(x)): a 3x3 neighbourhood at the price of a 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = conv_norm_relu(channels, channels, groups=channels)
        self.pointwise = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The layer's output."""
        return x + self.pointwise(self.depthwise(x))


DILATIONS = (3, 6, 12, 18, 24)


class DenseAtrous(nn.Module):
    """``x`` (refined) and ``context`` (``x`` before refinement, with the encoder's map) to ``outputs`` channels each.

    The first branch sees ``x`` alone; the others ``context`` and what the branches before them gave.
    """

    def __init__(self, *, inputs: int, context: int, outputs: int, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        seen = [inputs, *(context + outputs * count for count in range(1, len(dilations)))]
        self.branches = nn.ModuleList(
            branch(channels, outputs, dilation=dilation, has_norm=index > 0)
            for index, (channels, dilation) in enumerate(zip(seen, dilations, strict=True))
        )
        self.join = nn.Sequential(
            nn.Conv2d(inputs + outputs * len(dilations), outputs, 3, padding=1, bias=False), nn.ELU(inplace=True)
        )

    def forward(self, x: Float[Tensor, "b c h w"], context: Float[Tensor, "b d h w"]) -> Float[Tensor, "b e h w"]:
        """The layer's output."""
        maps = [self.branches[0](x)]
        for later in list(self.branches)[1:]:
            maps.append(later(torch.cat([context, *maps], dim=1)))
        return self.join(torch.cat([x, *maps], dim=1))


def branch(inputs: int, outputs: int, *, dilation: int, has_norm: bool) -> nn.Sequential:
    """ReLU, 1x1 to twice the outputs, ReLU, dilated 3x3; ``has_norm``: normalised first."""
    wide = 2 * outputs
    return nn.Sequential(
        nn.BatchNorm2d(inputs, eps=1.1e-5) if has_norm else nn.Identity(),
        nn.ReLU(),
        nn.Conv2d(inputs, wide, 1, bias=False),
        nn.BatchNorm2d(wide),
        nn.ReLU(inplace=True),
        nn.Conv2d(wide, outputs, 3, padding=dilation, dilation=dilation, bias=False),
    )
