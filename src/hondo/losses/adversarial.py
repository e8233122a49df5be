"""Least-squares adversarial losses: a discriminator tells true depth from predicted depth, patch by patch."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from hondo.losses.masked import masked_mean, masked_median
from hondo.losses.scale_invariant import log_ratio


def adversarial_loss(scores: Float[Tensor, "b 1 h w"], is_known: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """mean (score - 1)^2 of predicted depth over the known patches: what the depth model lowers (Mao et al. 2017)."""
    return masked_mean((scores - 1).square(), is_known)


def discriminator_loss(
    scores_true: Float[Tensor, "b 1 h w"], scores_pred: Float[Tensor, "b 1 h w"], is_known: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """mean ((score of the truth - 1)^2 + (score of the prediction)^2) / 2: what the discriminator lowers."""
    return masked_mean(((scores_true - 1).square() + scores_pred.square()) / 2, is_known)


def judged_map(values: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """What a discriminator sees of a map: its logarithm less the median; 0 where the truth is not known.

    Truth and prediction have the same gaps and no scale, so that neither gives them away.
    """
    logarithm = log_ratio(values, torch.ones_like(values), is_valid)
    return torch.where(is_valid, logarithm - masked_median(logarithm, is_valid).view(-1, 1, 1, 1), 0)


def known_patches(is_valid: Bool[Tensor, "b 1 H W"], like: Float[Tensor, "b 1 h w"]) -> Bool[Tensor, "b 1 h w"]:
    """Which scores are of a patch where the truth is known somewhere."""
    return F.adaptive_max_pool2d(is_valid.float(), like.shape[-2:]) > 0.5
