"""Scale-invariant logarithmic loss of metric depth."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.scale_invariant import log_ratio


def silog_loss(
    depth: Float[Tensor, "b 1 h w"],
    depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    variance_focus: float = 0.85,
) -> Float[Tensor, ""]:
    """10 sqrt(var(g) + (1 - variance_focus) mean(g)^2), g = log pred - log gt [m], over the batch's valid pixels (BTS).

    The same as 10 sqrt(mean(g^2) - variance_focus mean(g)^2). Zero, with zero gradient, at the truth. Float32 inside.
    """
    residual = log_ratio(depth, depth_gt, is_valid)
    count = is_valid.sum().clamp(min=1)
    mean = residual.sum() / count  # the residual is 0 where it is not valid
    variance = torch.where(is_valid, residual - mean, 0).square().sum() / count
    return 10 * _sqrt(variance + (1 - variance_focus) * mean.square())


def eigen_loss(
    depth: Float[Tensor, "b 1 h w"],
    depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    variance_focus: float = 0.5,
) -> Float[Tensor, ""]:
    """mean(g^2) - variance_focus mean(g)^2, g = log pred - log gt: the form of Eigen et al. 2014 eq. 4."""
    residual = log_ratio(depth, depth_gt, is_valid)
    count = is_valid.sum().clamp(min=1)
    return residual.square().sum() / count - variance_focus * (residual.sum() / count).square()


def _sqrt(value: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """A square root whose gradient at 0 is 0 instead of infinite."""
    is_positive = value > 0
    return torch.where(is_positive, torch.where(is_positive, value, 1).sqrt(), 0)
