"""Gradient terms guided by edges: depth changes as in the ground truth, above all where the image, or the depth, has
edges.
"""

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from hondo.losses.gradient import gradient_loss, is_dense
from hondo.losses.scale_invariant import SMALLEST, log_ratio

EDGE_GAIN = 10.0  # weight of an edge of contrast 1 (mean over RGB 0..1), beside 1 everywhere
EDGE_STEPS = (1, 2, 4)  # pixels


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


def depth_edge_loss(
    inv_depth: Float[Tensor, "b 1 h w"], inv_depth_gt: Float[Tensor, "b 1 h w"], *, is_valid: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """Mean over D of sum w |D log pred - D log gt| / sum w, with w = min(|D log gt|, 1); D: change over EDGE_STEPS.

    Depth edges are few pixels of an image, so they have a term of their own. Any common factor is free. Sparse truth
    does not count.
    """
    is_valid = is_valid & is_dense(is_valid)
    pred, gt = (torch.where(is_valid, each.float(), 1).clamp(min=SMALLEST).log() for each in (inv_depth, inv_depth_gt))
    terms = []
    for step in EDGE_STEPS:
        for dim in (-1, -2):
            both = _ahead(is_valid, step, dim) & _behind(is_valid, step, dim)
            change, wanted = (_ahead(each, step, dim) - _behind(each, step, dim) for each in (pred, gt))
            weight = wanted.abs().clamp(max=1.0) * both
            terms.append((weight * (change - wanted).abs()).sum() / weight.sum().clamp(min=SMALLEST))
    return torch.stack(terms).mean()


def _ahead(values: Shaped[Tensor, "b 1 h w"], step: int, dim: int) -> Shaped[Tensor, "b 1 _ _"]:
    return values.narrow(dim, step, values.shape[dim] - step)


def _behind(values: Shaped[Tensor, "b 1 h w"], step: int, dim: int) -> Shaped[Tensor, "b 1 _ _"]:
    return values.narrow(dim, 0, values.shape[dim] - step)
