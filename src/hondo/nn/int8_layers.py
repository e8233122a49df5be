"""Symmetric int8: numbers as whole ones from -127 to 127, and one float step a row that says how far apart they are."""

import torch
from jaxtyping import Float, Float32, Int8
from torch import Tensor, nn

LARGEST = 127  # -128 stays unused, so that a number and its negative are equally far from zero


def to_int8(values: Float[Tensor, "n *rest"]) -> tuple[Int8[Tensor, "n *rest"], Float32[Tensor, "n"]]:
    """The nearest whole numbers, and the step of each row: its largest magnitude / 127. Off by half a step at most.

    A row may be an output channel of a weight or a token. One that is not finite has a step that is not finite.
    """
    rows = values.float().flatten(1)
    step = (rows.abs().amax(dim=1) / LARGEST).clamp_(min=torch.finfo(torch.float32).tiny)
    return (rows / step[:, None]).round_().to(torch.int8).view(values.shape), step


def from_int8(whole: Int8[Tensor, "n *rest"], step: Float32[Tensor, "n"]) -> Float32[Tensor, "n *rest"]:
    """The float numbers that whole ones stand for: whole x step of the row."""
    return whole * step.view(-1, *[1] * (whole.ndim - 1))


def int8_linear(
    tokens: Float[Tensor, "*b k"],
    whole: Int8[Tensor, "k n"],
    step: Float32[Tensor, "n"],
    bias: Float[Tensor, "n"] | None = None,
) -> Float[Tensor, "*b n"]:
    """tokens @ (whole x step) + bias, with the tokens rounded to int8 by a step of their own; sums are exact."""
    rounded, token_step = to_int8(tokens.reshape(-1, tokens.shape[-1]))
    products = torch._int_mm(rounded, whole).to(torch.float32).mul_(token_step[:, None])
    # In place, since fresh memory costs more than the sum.
    result = products.mul_(step) if bias is None else torch.addcmul(bias, products, step, out=products)
    return result.view(*tokens.shape[:-1], -1).to(tokens.dtype)


class Int8Linear(nn.Module):
    """Stands for a linear layer in inference on the CPU, in a quarter of its memory. It has no gradient."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        whole, step = to_int8(linear.weight.detach())
        self.whole: Tensor
        self.step: Tensor
        self.bias: Tensor | None
        self.register_buffer("whole", whole.t().contiguous())  # as the product reads it
        self.register_buffer("step", step)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach().clone())

    def forward(self, tokens: Float[Tensor, "*b k"]) -> Float[Tensor, "*b n"]:
        with torch.no_grad():
            return int8_linear(tokens, self.whole, self.step, self.bias)

    @property
    def weight(self) -> Float[Tensor, "n k"]:
        """What the whole numbers stand for, for modules that read the weight of another."""
        return from_int8(self.whole.t(), self.step)
