"""PyDNet (Poggi et al. 2018): a pyramid of features and small decoders, made for CPUs. Depth at 1/2, 1/4 and 1/8."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.pyramid import InverseDepth
from hondo.models.encoders.encoder import Staged

WIDTHS = (16, 32, 64, 96, 128, 192)  # of the levels at 1/2 to 1/64 (Poggi et al. 2018, section III-A)
DECODER = (96, 64, 32, 8)  # of the four convolutions at each level (section III-B)
NUM_MAPS = 3  # the finest levels, whose maps are trained
SLOPE = 0.2  # of the leaky ReLU


def pydnet(*, width: float = 1.0, size_hw: Size = (256, 512)) -> DepthModel:
    """Inverse depth up to one factor, by a sigmoid; ``width`` scales all channels. Starts from random weights."""
    if width <= 0:
        raise HondoError(f"width must be positive, got {width:g}")
    channels = tuple(max(4, round(width * each)) for each in WIDTHS)
    widths = tuple(max(4, round(width * each)) for each in DECODER)
    network = EncoderDecoder(FeaturePyramid(channels), PyramidDecoder(channels, widths))
    spec = InputSpec(size_hw=size_hw, multiple_of=64)
    return DepthModel(network, name="pydnet", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)


class FeaturePyramid(Staged):
    """Two 3x3 convolutions a level, the first of which halves the size."""

    strides: tuple[int, ...] = (2, 4, 8, 16, 32, 64)
    mean = (0.0, 0.0, 0.0)
    std = (1.0, 1.0, 1.0)
    is_fixed = False

    def __init__(self, channels: tuple[int, ...]) -> None:
        self.channels = channels
        inputs = (3, *channels[:-1])
        super().__init__(
            nn.Sequential(*_conv(one, other, stride=2), *_conv(other, other))
            for one, other in zip(inputs, channels, strict=True)
        )


class PyramidDecoder(nn.Module):
    """Coarse to fine: the features of a level beside what the level below knew, enlarged."""

    def __init__(self, channels: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        known = widths[-1]
        inputs = [channels[-1], *(each + known for each in reversed(channels[:-1]))]
        self.levels = nn.ModuleList(_decoder(each, widths) for each in inputs)
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(known, known, 2, stride=2) for _ in channels[:-1])
        self.heads = nn.ModuleList(nn.Conv2d(known, 1, 1) for _ in range(NUM_MAPS))
        self.inverse_depth = InverseDepth()

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        x = self.levels[0](features[-1])
        known = [x]
        for level, enlarge, feature in zip(self.levels[1:], self.enlarge, features[-2::-1], strict=True):
            x = level(torch.cat([feature, enlarge(x)], dim=1))
            known.append(x)
        finest = known[: -NUM_MAPS - 1 : -1]
        return [self.inverse_depth(head(each)) for head, each in zip(self.heads, finest, strict=True)]


def _decoder(inputs: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Four 3x3 convolutions; the last is linear."""
    sizes = (inputs, *widths)
    layers = [layer for one, other in pairwise(sizes[:-1]) for layer in _conv(one, other)]
    return nn.Sequential(*layers, nn.Conv2d(sizes[-2], sizes[-1], 3, padding=1))


def _conv(inputs: int, outputs: int, *, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), nn.LeakyReLU(SLOPE)
