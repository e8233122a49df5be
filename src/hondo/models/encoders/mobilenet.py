"""MobileNet (Howard et al. 2017): depthwise 3x3 and pointwise convolutions, of any widths."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.nn.blocks.convolution import conv_norm_relu, separable

WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)  # of the stem and 13 blocks (table 1)
_HALVING = (2, 4, 6, 12)  # blocks whose depthwise convolution has stride 2
_ENDS = (1, 3, 5, 11, 13)  # last block of each size


class MobileNet(nn.Module):
    """Strides 2 to 32. Activations end at 6."""

    strides: tuple[int, ...] = (2, 4, 8, 16, 32)
    mean = (0.0, 0.0, 0.0)
    std = (1.0, 1.0, 1.0)
    is_fixed = False

    def __init__(self, *, in_channels: int = 3, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        if len(widths) != len(WIDTHS) or min(widths) < 1:
            raise HondoError(f"MobileNet has {len(WIDTHS)} widths of at least 1, got {tuple(widths)}")
        self.channels = tuple(widths[end] for end in _ENDS)
        self.stem = conv_norm_relu(in_channels, widths[0], stride=2, relu=nn.ReLU6)
        self.blocks = nn.ModuleList(
            separable(widths[index - 1], widths[index], stride=2 if index in _HALVING else 1, relu=nn.ReLU6)
            for index in range(1, len(widths))
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        x, features = self.stem(image), []
        for index, block in enumerate(self.blocks, 1):
            x = block(x)
            if index in _ENDS:
                features.append(x)
        return features


def mobilenet_encoder(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> MobileNet:
    """MobileNet with its published widths."""
    if pretrained:
        raise HondoError("encoder 'mobilenet' has no pretrained weights; build it with pretrained=False")
    return MobileNet(in_channels=in_channels)
