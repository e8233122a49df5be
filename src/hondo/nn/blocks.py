"""Convolutions with what usually follows them."""

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
        mode = "reflect" if min(x.shape[-2:]) > 1 else "replicate"
        return self.conv(F.pad(x, (1, 1, 1, 1), mode=mode))


class SeparableResidual(nn.Module):
    """x + pointwise(depthwise(x)): a 3x3 neighbourhood at the price of a 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = conv_norm_relu(channels, channels, groups=channels)
        self.pointwise = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.pointwise(self.depthwise(x))
