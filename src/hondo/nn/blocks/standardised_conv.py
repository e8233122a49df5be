"""A convolution whose weights are standardised, with TensorFlow's "same" padding: that of ResNets with group norm."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.derived import Derived
from hondo.nn.symbolic import steps_over

EPS = 1e-8  # added to the variance; as timm's vit_base_r50_s16_384 has it


class SameConv(nn.Conv2d):
    """Without bias, padded so that the output has ceil(side / stride) rows and columns."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int, stride: int = 1, **options: Any) -> None:
        super().__init__(inputs, outputs, kernel_size, stride=stride, bias=False, **options)

    def forward(self, input: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d _ _"]:
        """The layer's output."""
        down, right = (
            same_padding(side, kernel=kernel, stride=stride)
            for side, kernel, stride in zip(input.shape[-2:], self.kernel_size, self.stride, strict=True)
        )
        if down % 2 or right % 2:  # the odd one goes to the end
            input = F.pad(input, (right // 2, right - right // 2, down // 2, down - down // 2))
            down = right = 0
        return F.conv2d(input, self.kernel(), None, self.stride, (down // 2, right // 2), self.dilation, self.groups)

    def kernel(self) -> Float[Tensor, "d c k l"]:
        """The weights that the convolution uses."""
        return self.weight


class SameMaxPool(nn.Module):
    """The maximum of each square of ``kernel``, padded like SameConv."""

    def __init__(self, kernel: int, *, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, input: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _ _"]:
        """The layer's output."""
        down, right = (same_padding(side, kernel=self.kernel, stride=self.stride) for side in input.shape[-2:])
        around = (right // 2, right - right // 2, down // 2, down - down // 2)
        return F.max_pool2d(F.pad(input, around, value=-torch.inf), self.kernel, self.stride)


class StandardisedConv(SameConv):
    """Every output channel's weights are brought to mean 0 and variance 1 (Qiao et al. 2019, equation 10)."""

    def __init__(self, *sizes: int, **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.derived = Derived()

    def kernel(self) -> Float[Tensor, "d c k l"]:
        """The standardised weight."""
        return self.derived("weight", self.weight, standardised)

    def settled(self) -> SameConv:
        """The same convolution with the weights that it uses now."""
        (side, _), (stride, _), (dilation, _) = self.kernel_size, self.stride, self.dilation
        how = {"stride": stride, "dilation": dilation, "groups": self.groups}
        settled = SameConv(self.in_channels, self.out_channels, side, **how)
        settled.weight = nn.Parameter(standardised(self.weight.detach()))
        return settled


def same_padding(side: int, *, kernel: int, stride: int) -> int:
    """Rows or columns to add, so that the output has ceil(side / stride) of them."""
    return max(0, (steps_over(side, stride) - 1) * stride + kernel - side)


def standardised(weight: Float[Tensor, "d c k l"]) -> Float[Tensor, "d c k l"]:
    """(w - mean) / sqrt(variance + 1e-8) over each output channel, with the population's variance."""
    return F.layer_norm(weight, weight.shape[1:], eps=EPS)
