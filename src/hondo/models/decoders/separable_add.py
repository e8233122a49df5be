"""The decoder of FastDepth (Wofk et al. 2019): separable convolutions, nearest upsampling, skips that are added."""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.blocks.convolution import conv_norm_relu, separable

_STRIDES = (2, 4, 8, 16, 32)


class SeparableAdd(nn.Module):
    """Feature maps at strides 2 to 32 to one map of the image's size, not negative.

    Where the maps at strides 8, 4 and 2 are added, the decoder is as wide as they are; ``widths`` are its channels
    at strides 16 and 1.
    """

    def __init__(self, *, channels: Sequence[int], strides: Sequence[int], widths: Sequence[int] = (512, 32)) -> None:
        super().__init__()
        if tuple(strides) != _STRIDES:
            raise HondoError(f"this decoder needs feature maps at strides {_STRIDES}, got {tuple(strides)}")
        if len(widths) != 2 or min(widths) < 1:
            raise HondoError(f"this decoder has two widths of at least 1, at strides 16 and 1, got {tuple(widths)}")
        half, quarter, eighth, _, deepest = channels
        steps = (deepest, widths[0], eighth, quarter, half, widths[1])
        self.blocks = nn.ModuleList(separable(a, b, kernel=5) for a, b in pairwise(steps))
        self.head = conv_norm_relu(widths[1], 1, kernel=1)

    def forward(self, features: list[Float[Tensor, "b _ _ _"]]) -> list[Float[Tensor, "b 1 _ _"]]:
        half, quarter, eighth, _, x = features
        *coarser, last = self.blocks
        for block, skip in zip(coarser, (None, eighth, quarter, half), strict=True):
            x = _doubled(block(x))
            x = x if skip is None else x + skip
        return [_doubled(self.head(last(x)))]  # published the other way round: a 1x1 convolution does not mind


def _doubled(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c H W"]:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
