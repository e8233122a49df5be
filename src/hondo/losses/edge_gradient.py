"""Edge-guided gradient term: depth changes as in the ground truth, above all where the image has edges."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.gradient import gradient_loss
from hondo.losses.scale_invariant import log_ratio

EDGE_GAIN = 10.0  # weight of an edge of contrast 1 (mean over RGB 0..1), beside 1 everywhere


def edge_gradient_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_gt: Float[Tensor, "b 1 h w"],
    image: Float[Tensor, "b 3 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    num_scales: int = 4,
    edge_gain: float = EDGE_GAIN,
) -> Float[Tensor, ""]:
    """The gradient term of log pred - log gt at ``num_scales`` scales, times 1 + edge_gain |grad I| in the image.

    Any common factor is free. Sparse truth does not count.
    """
    residual = log_ratio(inv_depth, inv_depth_gt, is_valid)
    return gradient_loss(residual, is_valid, num_scales=num_scales, weight=1 + edge_gain * contrast(image))


def contrast(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The larger of |dx I| and |dy I| to the next pixel, mean over RGB; 0 beyond the border."""
    dx, dy = torch.zeros_like(image[:, :1]), torch.zeros_like(image[:, :1])
    dx[..., :, :-1] = image.diff(dim=-1).abs().mean(1, keepdim=True)
    dy[..., :-1, :] = image.diff(dim=-2).abs().mean(1, keepdim=True)
    return torch.maximum(dx, dy)
