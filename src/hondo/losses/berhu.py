"""BerHu loss: L1 for small errors of metric depth, quadratic for large ones."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.masked import masked_mean

THRESHOLD = 0.2  # of the batch's largest absolute error (Laina et al. 2016)


def berhu_loss(
    depth: Float[Tensor, "b 1 h w"],
    depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    threshold: float = THRESHOLD,
) -> Float[Tensor, ""]:
    """mean of |e| where |e| <= c, else (e^2 + c^2) / 2c, with c = threshold * max |e| over the batch [m]."""
    error = torch.where(is_valid, depth.float() - depth_gt.float(), 0).abs()
    corner = (threshold * error.detach().max()).clamp(min=1e-6)
    return masked_mean(torch.where(error <= corner, error, (error.square() + corner.square()) / (2 * corner)), is_valid)
