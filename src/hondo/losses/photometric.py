"""Photometric error: how badly one image explains another, pixel by pixel."""

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.losses.ssim import Moments, moments, ssim

SSIM_WEIGHT = 0.85  # the rest is L1 (Godard et al. 2017)


def photometric_error(
    pred: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"] | Moments, *, ssim_weight: float = SSIM_WEIGHT
) -> Float[Tensor, "b 1 h w"]:
    """ssim_weight * clamp((1 - SSIM) / 2, 0, 1) + (1 - ssim_weight) |pred - target|, mean over RGB 0..1.

    Float32 inside, also under autocast. Pass ``moments(target)`` to compare several images with one.
    """
    with torch.autocast(pred.device.type, enabled=False):
        pred = pred.float()
        known = target if isinstance(target, Moments) else moments(target.float())
        difference = (pred - known.image).abs().mean(1, keepdim=True)
        structure = ((1 - ssim(pred, known)) / 2).clamp(0, 1).mean(1, keepdim=True)
        return ssim_weight * structure + (1 - ssim_weight) * difference
