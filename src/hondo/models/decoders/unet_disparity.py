"""The U-Net depth decoder of monodepth2: skip connections, nearest upsampling, inverse depth at four scales."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH
from hondo.models.decoders.pyramid import InverseDepth, skips_by_stride
from hondo.nn.blocks.convolution import ConvReflect, conv_elu
from hondo.nn.upsampling.upsample_conv import UpsampleConv

CHANNELS = {1: 16, 2: 32, 4: 64, 8: 128, 16: 256, 32: 256}  # by stride (Godard et al. 2019, supplementary table 8)
OUTPUT_STRIDES = (1, 2, 4, 8)


class UNetDisparity(nn.Module):
    """Feature maps (finest first) to inverse depth at strides 1, 2, 4, 8: 1/max + (1/min - 1/max) sigmoid.

    Fits every encoder whose strides are powers of two; where a stride has no feature map there is no skip connection.
    ``width`` scales the decoder's channels.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        strides: Sequence[int],
        width: float = 1.0,
        min_depth: float = MIN_DEPTH,
        max_depth: float = MAX_DEPTH,
    ) -> None:
        super().__init__()
        skips = skips_by_stride(channels, strides, deepest=2 * max(OUTPUT_STRIDES), decoder="U-Net decoder")
        if width <= 0:
            raise HondoError(f"the decoder's width must be positive, got {width:g}")
        self.strides = tuple(strides)
        self.before, self.after, self.heads = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        inputs, stride = channels[-1], strides[-1]
        while stride > 1:
            stride //= 2
            outputs = max(4, round(width * CHANNELS.get(stride, CHANNELS[32])))
            self.before[str(stride)] = conv_elu(inputs, outputs)
            skip = skips.get(stride, 0)
            self.after[str(stride)] = UpsampleConv(*conv_elu(outputs + skip, outputs), skip_channels=skip)
            if stride in OUTPUT_STRIDES:
                self.heads[str(stride)] = ConvReflect(outputs, 1)
            inputs = outputs
        self.inverse_depth = InverseDepth(min_depth=min_depth, max_depth=max_depth)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        skips = {str(stride): feature for stride, feature in zip(self.strides, features, strict=True)}
        x, maps = features[-1], []
        for stride, before in self.before.items():
            x = self.after[stride](before(x), skips.get(stride))
            if stride in self.heads:
                maps.append(self.inverse_depth(self.heads[stride](x)))
        return maps[::-1]
