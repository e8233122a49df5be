"""VTDepth's convolutional decoder: a U-Net with batch norm, whose last step to full size is a pixel shuffle."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH
from hondo.models.decoders.pyramid import InverseDepth, skips_by_stride
from hondo.nn.upsampling.pixel_shuffle import shuffle_head
from hondo.nn.upsampling.upsample_conv import UpsampleConv

WIDTHS = {2: 64, 4: 128, 8: 160}  # by stride; 256 at the deeper ones
HEAD_STRIDES = (2, 4, 8)


class ShuffleUNet(nn.Module):
    """Feature maps (finest first) to inverse depth at strides 1, 2, 4, 8, on every pyramid of powers of two.

    ``is_light``: a last part of pointwise and depthwise convolutions. ``width`` scales the channels.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        strides: Sequence[int],
        is_light: bool = False,
        width: float = 1.0,
        min_depth: float = MIN_DEPTH,
        max_depth: float = MAX_DEPTH,
    ) -> None:
        super().__init__()
        skips = skips_by_stride(channels, strides, deepest=16, decoder="shuffle U-Net decoder")
        self.strides = tuple(strides)
        self.before, self.after, self.heads = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        inputs, stride = channels[-1], strides[-1]
        while stride > 2:
            stride //= 2
            outputs = max(4, round(width * WIDTHS.get(stride, 256)))
            self.before[str(stride)] = _conv_relu_norm(inputs, outputs)
            skip = skips.get(stride, 0)
            self.after[str(stride)] = UpsampleConv(*_conv_relu_norm(outputs + skip, outputs), skip_channels=skip)
            if stride in HEAD_STRIDES:
                self.heads[str(stride)] = nn.Conv2d(outputs, 1, 3, padding=1)
            inputs = outputs
        self.last = shuffle_head(inputs, width=inputs, is_light=is_light)
        self.inverse_depth = InverseDepth(min_depth=min_depth, max_depth=max_depth)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        features = [feature.contiguous(memory_format=torch.channels_last) for feature in features]  # convolves faster
        skips = {str(stride): feature for stride, feature in zip(self.strides, features, strict=True)}
        x, maps = features[-1], []
        for stride, before in self.before.items():
            x = self.after[stride](before(x), skips.get(stride))
            if stride in self.heads:
                maps.append(self.inverse_depth(self.heads[stride](x)))
        maps.append(self.inverse_depth(self.last(x)))
        return maps[::-1]


def _conv_relu_norm(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True), nn.BatchNorm2d(outputs))
