"""A small convolutional encoder of our own: a quarter of a million parameters, strides 2 to 32."""

from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.encoders.staged import Staged
from hondo.nn.blocks import SeparableResidual, conv_norm_relu

CHANNELS = (16, 24, 48, 96, 160)


class LightEncoder(Staged):
    """Five stages: a 3x3 convolution of stride 2, then a separable residual block."""

    strides = (2, 4, 8, 16, 32)
    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    is_fixed = False

    def __init__(self, *, in_channels: int = 3, channels: tuple[int, ...] = CHANNELS) -> None:
        inputs = (in_channels, *channels[:-1])
        super().__init__(
            nn.Sequential(conv_norm_relu(a, b, stride=2), SeparableResidual(b))
            for a, b in zip(inputs, channels, strict=True)
        )
        self.channels = tuple(channels)


def light_encoder(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> LightEncoder:
    if pretrained:
        raise HondoError("encoder 'light' has no pretrained weights; build it with pretrained=False")
    return LightEncoder(in_channels=in_channels)
