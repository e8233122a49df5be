"""Depth that stereo matching found, where it explains the views better than the prediction does."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def depth_hints_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    depth_hint: Float[Tensor, "b 1 h w"],
    is_hint_better: Bool[Tensor, "b 1 h w"],
) -> Float[Tensor, ""]:
    """The mean of log(1 + |depth - hint|), 0 where the hint's photometric error is not lower (Watson et al. 2019,
    eq. 4). The mean is over the pixels of the scene: a prediction that explains the views has nothing to learn here."""
    is_used = is_hint_better & is_scene
    apart = torch.where(is_used, (depth.float() - depth_hint.float()).abs(), 0.0)
    return apart.log1p().sum() / is_scene.sum().clamp(min=1)
