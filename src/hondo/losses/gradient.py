"""Multi-scale gradient term: residuals should be flat, so that depth edges fall where the ground truth has them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.masked import masked_mean

DENSE = 0.5  # of an image's known pixels: known neighbours to the right and below, from which on truth is dense


def gradient_loss(
    residual: Float[Tensor, "b 1 h w"],
    is_valid: Bool[Tensor, "b 1 h w"],
    *,
    num_scales: int = 4,
    weight: Float[Tensor, "b 1 h w"] | None = None,
) -> Float[Tensor, ""]:
    """Sum over scales k of mean |dx R| + |dy R| on every 2^k-th pixel, between valid neighbours (MiDaS eq. 11).

    Images of sparse truth do not count (see ``is_dense``): neighbours in it lie on different surfaces. ``weight`` of
    the first of two neighbours; None: 1.
    """
    is_valid = is_valid & is_dense(is_valid)
    total = residual.new_zeros(())
    for scale in range(num_scales):
        step = 2**scale
        weights = None if weight is None else weight[..., ::step, ::step]
        total = total + _flatness(residual[..., ::step, ::step], is_valid[..., ::step, ::step], weights)
    return total


def is_dense(is_valid: Bool[Tensor, "b 1 h w"]) -> Bool[Tensor, "b 1 1 1"]:
    """Whether known pixels mostly have known neighbours: maps of cameras and of renderers, not of LiDAR scans."""
    right, below = is_valid[..., :, :-1] & is_valid[..., :, 1:], is_valid[..., :-1, :] & is_valid[..., 1:, :]
    neighbours = right.flatten(1).sum(1) + below.flatten(1).sum(1)
    known = is_valid[..., :, :-1].flatten(1).sum(1) + is_valid[..., :-1, :].flatten(1).sum(1)
    return (neighbours >= DENSE * known.clamp(min=1)).view(-1, 1, 1, 1)


def _flatness(
    residual: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"], weight: Float[Tensor, "b 1 h w"] | None
) -> Float[Tensor, ""]:
    residual = torch.where(is_valid, residual, 0)  # no NaN of an invalid pixel may reach a gradient
    dx, dy = residual.diff(dim=-1).abs(), residual.diff(dim=-2).abs()
    has_x = is_valid[..., :, 1:] & is_valid[..., :, :-1]
    has_y = is_valid[..., 1:, :] & is_valid[..., :-1, :]
    if weight is not None:
        dx, dy = dx * weight[..., :, :-1], dy * weight[..., :-1, :]
    return masked_mean(dx, has_x) + masked_mean(dy, has_y)
