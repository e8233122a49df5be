"""Symmetric int8: numbers as whole ones from -127 to 127, and one float step a row that says how far apart they are."""

import torch
from jaxtyping import Float, Float32, Int8
from torch import Tensor

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
