"""A linear layer that multiplies whole numbers: its weights in int8 from the start, its tokens in every call."""

import torch
from jaxtyping import Float, Float32, Int8
from torch import Tensor, nn

from hondo.nn.int8 import from_int8, to_int8


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
