"""Multi-scale gradient term: residuals should be flat, so that depth edges fall where the ground truth has them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.masked import masked_mean


def gradient_loss(
    residual: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"], *, num_scales: int = 4
) -> Float[Tensor, ""]:
    """Sum over scales k of mean |dx R| + |dy R| on every 2^k-th pixel, between valid neighbours (MiDaS eq. 11)."""
    total = residual.new_zeros(())
    for scale in range(num_scales):
        step = 2**scale
        total = total + _flatness(residual[..., ::step, ::step], is_valid[..., ::step, ::step])
    return total


def _flatness(residual: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    residual = torch.where(is_valid, residual, 0)  # no NaN of an invalid pixel may reach a gradient
    dx, dy = residual.diff(dim=-1).abs(), residual.diff(dim=-2).abs()
    has_x = is_valid[..., :, 1:] & is_valid[..., :, :-1]
    has_y = is_valid[..., 1:, :] & is_valid[..., :-1, :]
    return masked_mean(dx, has_x) + masked_mean(dy, has_y)
