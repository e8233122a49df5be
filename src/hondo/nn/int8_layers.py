"""Symmetric int8: integers from -127 to 127 with one float scale (step) a row."""

import torch
from jaxtyping import Float, Float32, Int8
from torch import Tensor, nn

LARGEST = 127  # -128 stays unused, so that a number and its negative are equally far from zero


def to_int8(values: Float[Tensor, "n *rest"]) -> tuple[Int8[Tensor, "n *rest"], Float32[Tensor, "n"]]:
    """The nearest integers, and the step of each row: its largest magnitude / 127. The error is at most half a step.

    A row is an output channel of a weight, or a token. A row with values that are not finite gets such a step.
    """
    rows = values.float().flatten(1)
    step = (rows.abs().amax(dim=1) / LARGEST).clamp_(min=torch.finfo(torch.float32).tiny)
    return (rows / step[:, None]).round_().to(torch.int8).view(values.shape), step


def from_int8(quantized: Int8[Tensor, "n *rest"], step: Float32[Tensor, "n"]) -> Float32[Tensor, "n *rest"]:
    """The float values: quantized x step of the row."""
    return quantized * step.view(-1, *[1] * (quantized.ndim - 1))


def int8_linear(
    tokens: Float[Tensor, "*b k"],
    quantized: Int8[Tensor, "k n"],
    step: Float32[Tensor, "n"],
    bias: Float[Tensor, "n"] | None = None,
) -> Float[Tensor, "*b n"]:
    """tokens @ (quantized x step) + bias, with the tokens quantized to int8, one step a token; sums are exact."""
    rounded, token_step = to_int8(tokens.reshape(-1, tokens.shape[-1]))
    products = torch._int_mm(rounded, quantized).to(torch.float32).mul_(token_step[:, None])
    # In place, since fresh memory costs more than the sum.
    result = products.mul_(step) if bias is None else torch.addcmul(bias, products, step, out=products)
    return result.view(*tokens.shape[:-1], -1).to(tokens.dtype)


class Int8Linear(nn.Module):
    """Replaces a linear layer in inference on the CPU with a quarter of its memory. It has no gradient."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        quantized, step = to_int8(linear.weight.detach())
        self.quantized: Tensor
        self.step: Tensor
        self.bias: Tensor | None
        self.register_buffer("quantized", quantized.t().contiguous())  # as the product reads it
        self.register_buffer("step", step)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().clone())

    def forward(self, tokens: Float[Tensor, "*b k"]) -> Float[Tensor, "*b n"]:
        """The layer's output, computed in int8."""
        with torch.no_grad():
            return int8_linear(tokens, self.quantized, self.step, self.bias)

    @property
    def weight(self) -> Float[Tensor, "n k"]:
        """The weight as floats, for modules that read the weight of another."""
        return from_int8(self.quantized.t(), self.step)
