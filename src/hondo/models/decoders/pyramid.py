"""What decoders need of an encoder: a pyramid of feature maps whose strides are powers of two."""

import math
from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH, inv_depth_from_sigmoid


def skips_by_stride(
    channels: Sequence[int], strides: Sequence[int], *, deepest: int, decoder: str
) -> Mapping[int, int]:
    """Stride -> channels. Refuses other strides, and pyramids that end before ``deepest``."""
    if any(stride & (stride - 1) for stride in strides) or strides[-1] < deepest:
        raise HondoError(
            f"the {decoder} needs an encoder whose strides are powers of two up to {deepest} or more, "
            f"got {tuple(strides)}; choose one with a pyramid of feature maps, e.g. timm:resnet18"
        )
    return dict(zip(strides, channels, strict=True))


class InverseDepth(nn.Module):
    """1/max + (1/min - 1/max) sigmoid(x) [1/m], in float32: half precision cannot tell far distances apart."""

    def __init__(self, *, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH) -> None:
        super().__init__()
        if not 0 < min_depth < max_depth:
            raise HondoError(f"depths must satisfy 0 < min_depth < max_depth, got {min_depth:g} and {max_depth:g}")
        self.min_depth, self.max_depth = min_depth, max_depth

    def forward(self, logit: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        return inv_depth_from_sigmoid(logit.float().sigmoid(), min_depth=self.min_depth, max_depth=self.max_depth)

    def logit_of(self, depth: float) -> float:
        """The logit that gives ``depth``, which lies between the limits."""
        if not self.min_depth < depth < self.max_depth:
            raise HondoError(
                f"start_depth must lie between {self.min_depth:g} and {self.max_depth:g}, got {depth:g}",
                field="start_depth",
            )
        lowest, highest = 1 / self.max_depth, 1 / self.min_depth
        return math.log((1 / depth - lowest) / (highest - 1 / depth))
