"""Errors of features in place of colours: they have a slope where the image has none."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.warp import synthesise_view
from hondo.losses.masked import masked_mean


def feature_metric_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
    features: Float[Tensor, "b c _ _"],
    features_source: Float[Tensor, "b n c _ _"],
) -> Float[Tensor, ""]:
    """The smallest difference of the warped features over the sources that show the pixel (Shu et al. 2020, eq. 7).

    Each pixel's features have length 1, so that the error does not depend on the encoder.
    """
    size_hw = (features.shape[2], features.shape[3])
    scale = features.new_tensor([size_hw[1] / depth.shape[3], size_hw[0] / depth.shape[2], 1.0])[:, None].float()
    small = F.interpolate(depth.float(), size_hw, mode="area")
    target = F.normalize(features.float(), dim=1)
    errors = []
    for T, K_source, there in zip(
        T_source_target.unbind(1), source_K.unbind(1), features_source.unbind(1), strict=True
    ):
        view, is_seen = synthesise_view(F.normalize(there.float(), dim=1), small, T, scale * K, scale * K_source)
        error = (view - target).abs().mean(1, keepdim=True)
        errors.append(torch.where(is_seen, error, torch.inf))
    best = torch.stack(errors).amin(0)
    is_counted = best.isfinite() & (F.interpolate(is_scene.float(), size_hw, mode="area") == 1)
    return masked_mean(best, is_counted)
