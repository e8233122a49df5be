"""Layers that round inputs to 8 bits and weights to 7 as int8 arithmetic does, and can be trained through the rounding.

Weights are symmetric with a step for each output channel; inputs have one range for the whole tensor (Jacob et al.
2018). The gradient passes the rounding unchanged, and is 0 outside of the range (straight-through estimator).
"""

from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Float, Int32
from torch import Tensor, nn
from torch.nn import functional as F

# Of 7 bits: processors without VNNI add two products with an 8-bit input in 16 bits, and 2 x 255 x 127 would not fit.
LARGEST_WEIGHT, LEVELS = 63, 255
INT8 = (-128, 127)  # what the formats of files know
TINY = 1e-8


class FakeQuantized(nn.Module):
    """A convolution or linear layer with 7-bit weights and 8-bit inputs.

    Inputs are measured while ``is_observing``: the range is the mean of the lowest and of the highest values of the
    calls. A layer that has observed nothing, or with ``is_on`` False, computes in float.
    """

    low: Float[Tensor, ""]
    high: Float[Tensor, ""]
    weight_step: Float[Tensor, " n"]
    weight_zero: Int32[Tensor, " n"]

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__()
        state_shapes()
        self.weight, self.bias = layer.weight, layer.bias
        self.compute = _computing(layer)
        self.is_observing, self.is_on, self.seen = False, True, 0
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("weight_step", torch.ones(len(layer.weight)))
        self.register_buffer("weight_zero", torch.zeros(len(layer.weight), dtype=torch.int32))
        self.step, self.zero_point = 1.0, 0  # of the inputs
        self.settle()

    def forward(self, x: Float[Tensor, "b *rest"]) -> Float[Tensor, "b *others"]:
        if self.is_observing:
            self.observe(x)
        if not self.is_on or self.is_observing or not self.seen:
            return self.compute(x, self.weight, self.bias)
        if self.training:
            self.settle()
        x = torch.fake_quantize_per_tensor_affine(x, self.step, self.zero_point, 0, LEVELS)
        return self.compute(x, self.rounded_weight(), self.bias)

    @torch.no_grad()
    def settle(self) -> None:
        """Steps that follow from the ranges and weights as they are; once more after training, before an export."""
        low, high = float(self.low), float(self.high)
        self.step = max((high - low) / LEVELS, TINY)
        self.zero_point = min(LEVELS, max(0, round(-low / self.step)))
        self.weight_step.copy_(self.weight.flatten(1).abs().amax(dim=1).clamp(min=TINY) / LARGEST_WEIGHT)

    @torch.no_grad()
    def observe(self, x: Float[Tensor, "b *rest"]) -> None:
        """Takes the range of one call into the mean."""
        self.seen += 1
        self.low += (x.amin().float().clamp(max=0) - self.low) / self.seen
        self.high += (x.amax().float().clamp(min=0) - self.high) / self.seen

    def rounded_weight(self) -> Float[Tensor, "n *rest"]:
        """The weight in steps of its largest magnitude / 63, channel by channel."""
        step, zero = self.weight_step, self.weight_zero
        return torch.fake_quantize_per_channel_affine(self.weight, step, zero, 0, *INT8)


@cache
def state_shapes() -> None:
    """Tells PyTorch the shapes that rounding gives, which exports and counts of MACs ask for; 2.13 has none."""
    for name in ("fake_quantize_per_tensor_affine_cachemask", "fake_quantize_per_channel_affine_cachemask"):
        if not torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{name}", "Meta"):
            torch.library.register_fake(f"aten::{name}", _like_its_input)


def _like_its_input(x: Tensor, *settings: object) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x), torch.empty_like(x, dtype=torch.bool)


def _computing(layer: nn.Conv2d | nn.Linear) -> Callable[..., Tensor]:
    """The layer's arithmetic as a function of input, weight and bias."""
    if isinstance(layer, nn.Linear):
        return F.linear
    stride, dilation, groups = layer.stride, layer.dilation, layer.groups
    padding, mode = layer.padding, layer.padding_mode
    around = layer._reversed_padding_repeated_twice

    def convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if mode != "zeros":
            return F.conv2d(F.pad(x, around, mode=mode), weight, bias, stride, 0, dilation, groups)
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

    return convolve


def fake_quantized_layers(model: nn.Module) -> dict[str, FakeQuantized]:
    """Those of a model, by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, FakeQuantized)}
