"""Scale-invariant loss: L1 of log inverse depth after the best common factor of each image, and a gradient term."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.gradient import gradient_loss
from hondo.losses.masked import masked_mean, masked_median

SMALLEST = 1e-6  # inverse depth below this counts as this before the logarithm [1/unit]


def scale_invariant_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    gradient_weight: float = 0.5,
    num_scales: int = 4,
) -> Float[Tensor, ""]:
    """mean |g - median(g)| + gradient_weight * gradient term of g = log pred - log gt, computed in float32.

    The median minimises the L1 norm, so no gradient flows through it. Zero for any pred = factor * gt.
    """
    residual = log_ratio(inv_depth, inv_depth_gt, is_valid)
    shift = masked_median(residual.detach(), is_valid).view(-1, 1, 1, 1)
    data = masked_mean((residual - shift).abs(), is_valid)
    return data + gradient_weight * gradient_loss(residual, is_valid, num_scales=num_scales)


def log_ratio(
    pred: Float[Tensor, "b 1 h w"], gt: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """log pred - log gt where valid, else 0; float32."""
    pred = torch.where(is_valid, pred.float(), 1).clamp(min=SMALLEST)
    gt = torch.where(is_valid, gt.float(), 1).clamp(min=SMALLEST)
    return pred.log() - gt.log()
