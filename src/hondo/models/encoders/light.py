"""A small convolutional encoder of our own: a quarter of a million parameters, strides 2 to 32."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.encoders.encoder import Staged
from hondo.nn.attention.registry import attention
from hondo.nn.blocks.convolution import SeparableResidual, conv_norm_relu

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
    """The encoder "light"."""
    if pretrained:
        raise HondoError("encoder 'light' has no pretrained weights; build it with pretrained=False")
    return LightEncoder(in_channels=in_channels)


HYBRID_CHANNELS = (32, 48, 80, 128)
DILATIONS = ((1, 2, 3), (1, 2, 3), (1, 2, 3, 1, 2, 4, 1, 2, 6))  # of the stages at strides 4, 8, 16
EXPANSION = 6
HEADS = 8


class LiteHybrid(nn.Module):
    """A stem at half the size, then stages that halve it again."""

    strides = (2, 4, 8, 16)
    mean = (0.45, 0.45, 0.45)
    std = (0.225, 0.225, 0.225)
    is_fixed = False

    def __init__(
        self,
        *,
        in_channels: int = 3,
        channels: Sequence[int] = HYBRID_CHANNELS,
        dilations: Sequence[Sequence[int]] = DILATIONS,
        attention_name: str = "cross-covariance",
    ) -> None:
        super().__init__()
        self.channels = tuple(channels)
        self.stem = nn.Sequential(
            conv_norm_relu(in_channels, channels[0], stride=2), conv_norm_relu(channels[0], channels[0])
        )
        self.stages = nn.ModuleList(
            nn.Sequential(
                conv_norm_relu(inputs, outputs, stride=2),
                *(DilatedBlock(outputs, dilation=dilation) for dilation in each),
                GlobalBlock(outputs, attention_name=attention_name),
            )
            for inputs, outputs, each in zip(channels[:-1], channels[1:], dilations, strict=True)
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        features = [self.stem(image)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return features


class DilatedBlock(nn.Module):
    """x + mlp(norm(depthwise(x))): a 3x3 neighbourhood ``dilation`` pixels apart, then each pixel by itself."""

    def __init__(self, channels: int, *, dilation: int) -> None:
        super().__init__()
        hidden = EXPANSION * channels
        self.depthwise = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, groups=channels, bias=False
        )
        self.norm = nn.BatchNorm2d(channels)
        self.mlp = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.GELU(), nn.Conv2d(hidden, channels, 1))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.mlp(self.norm(self.depthwise(x)))


class GlobalBlock(nn.Module):
    """x + attention(norm(x)) over all pixels."""

    def __init__(self, channels: int, *, attention_name: str) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = attention(attention_name, dim=channels, num_heads=HEADS)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        size_hw = (x.shape[2], x.shape[3])
        tokens = x.flatten(2).transpose(1, 2)  # (b n c)
        tokens = tokens + self.attention(self.norm(tokens), size_hw)
        return tokens.transpose(1, 2).unflatten(-1, size_hw)


def litehybrid(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> LiteHybrid:
    """The encoder "litehybrid"."""
    if pretrained:
        raise HondoError("encoder 'litehybrid' has no pretrained weights; build it with pretrained=False")
    return LiteHybrid(in_channels=in_channels)
