"""The decoder of AdaBins (Bhat et al. 2021): bilinear upsampling, the encoder's map beside it, two convolutions."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.nn.upsampling.resized_conv import ResizedConv


class UpsampleConcat(nn.Module):
    """Feature maps (finest first) to one map of the finest one's size with ``outputs`` channels.

    ``width`` channels at the deepest, half as many with each step up.
    """

    def __init__(self, *, channels: Sequence[int], width: int = 2048, outputs: int = 128) -> None:
        super().__init__()
        # As published, a border of the bias alone grows around the deepest map; the first resize squeezes it back.
        self.reduce = nn.Conv2d(channels[-1], width, 1, padding=1)
        steps = [max(1, width >> step) for step in range(len(channels))]
        self.ups = nn.ModuleList(
            TwoConvs(deep, skip, half) for deep, skip, half in zip(steps[:-1], channels[-2::-1], steps[1:], strict=True)
        )
        self.project = nn.Conv2d(steps[-1], outputs, 3, padding=1)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> Float[Tensor, "b c h w"]:
        x = self.reduce(features[-1])
        for up, skip in zip(self.ups, features[-2::-1], strict=True):
            x = up(x, skip)
        return self.project(x)


class TwoConvs(nn.Sequential):
    """Twice a 3x3 convolution, batch normalisation and leaky ReLU (slope 0.01), the first over map and skip."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        first = ResizedConv(*_conv_norm_leaky(inputs + skip, outputs), skip_channels=skip)
        super().__init__(first, _conv_norm_leaky(outputs, outputs))

    def forward(self, x: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d H W"]) -> Float[Tensor, "b e H W"]:
        first, second = self
        return second(first(x, skip))


def _conv_norm_leaky(inputs: int, outputs: int) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(inplace=True))
