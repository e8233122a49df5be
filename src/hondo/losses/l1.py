"""Plain L1 of metric depth, and of its logarithm."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.masked import masked_mean
from hondo.losses.scale_invariant import log_ratio


def l1_loss(
    depth: Float[Tensor, "b 1 h w"], depth_gt: Float[Tensor, "b 1 h w"], *, is_valid: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """mean |pred - gt| [m] over the valid pixels."""
    return masked_mean(torch.where(is_valid, depth.float() - depth_gt.float(), 0).abs(), is_valid)


def log_l1_loss(
    depth: Float[Tensor, "b 1 h w"], depth_gt: Float[Tensor, "b 1 h w"], *, is_valid: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """mean |log pred - log gt| over the valid pixels."""
    return masked_mean(log_ratio(depth, depth_gt, is_valid).abs(), is_valid)
