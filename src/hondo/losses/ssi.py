"""Scale-and-shift-invariant loss of inverse depth: for labels and models that know neither."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.losses.gradient import gradient_loss
from hondo.losses.masked import masked_mean, masked_median

TRIM = 0.2  # fraction of the largest residuals that does not count (MiDaS)
SMALLEST_SPREAD = 1e-6


def ssi_loss(
    inv_depth: Float[Tensor, "b 1 h w"],
    inv_depth_gt: Float[Tensor, "b 1 h w"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    trim: float = TRIM,
    gradient_weight: float = 0.5,
    num_scales: int = 4,
) -> Float[Tensor, ""]:
    """Trimmed mean |R| + gradient_weight * gradient term (MiDaS eqs. 5, 7, 11); float32 inside.

    R is the difference after both maps are brought to median 0 and mean absolute deviation 1 over the valid pixels.
    Zero for any pred = factor * gt + shift with factor > 0.
    """
    residual = normalised(inv_depth.float(), is_valid) - normalised(inv_depth_gt.float(), is_valid)
    residual = torch.where(is_valid, residual, 0)
    data = masked_mean(residual.abs(), is_valid & _small(residual.detach().abs(), is_valid, trim=trim))
    return data + gradient_weight * gradient_loss(residual, is_valid, num_scales=num_scales)


def normalised(values: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """(values - median) / mean |values - median|, per image; 0 where not valid."""
    centred = values - masked_median(values, is_valid).view(-1, 1, 1, 1)
    centred = torch.where(is_valid, centred, 0)
    spread = centred.abs().flatten(1).sum(1) / is_valid.flatten(1).sum(1).clamp(min=1)
    return centred / spread.clamp(min=SMALLEST_SPREAD).view(-1, 1, 1, 1)


def _small(
    errors: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"], *, trim: float
) -> Bool[Tensor, "b 1 h w"]:
    """Which errors are among the smallest (1 - trim) of their image's valid pixels."""
    ordered = torch.where(is_valid, errors, torch.inf).flatten(1).sort(dim=1).values  # invalid ones last
    last = ((1 - trim) * is_valid.flatten(1).sum(1)).ceil().long().sub(1).clamp(min=0)
    return errors <= ordered.gather(1, last[:, None]).view(-1, 1, 1, 1)
