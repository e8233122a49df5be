"""The depth of a target view, moved to a source view, against the depth that was predicted there."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.warp import synthesise_view_and_z
from hondo.losses.masked import masked_mean


def geometry_consistency_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
    depth_source: Float[Tensor, "b n 1 h w"],
) -> Float[Tensor, ""]:
    """The mean of ``inconsistency`` over the pixels that the sources show (Bian et al. 2019, eq. 5); 0..1."""
    differences = inconsistency(depth, T_source_target, K, source_K, depth_source)
    is_seen = differences.isfinite() & is_scene[:, None]
    return masked_mean(differences, is_seen)


def inconsistency(
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
    depth_source: Float[Tensor, "b n 1 h w"],
) -> Float[Tensor, "b n 1 h w"]:
    """|z - d| / (z + d): z of the target's points in a source, d the depth predicted there (Bian et al. 2019, eq. 4).

    NaN where a source does not show the pixel.
    """
    found = []
    for T, K_source, there in zip(T_source_target.unbind(1), source_K.unbind(1), depth_source.unbind(1), strict=True):
        seen, is_seen, z = synthesise_view_and_z(there, depth, T, K, K_source)
        z, seen = torch.where(is_seen, z, 1.0), torch.where(is_seen, seen, 1.0)
        found.append(torch.where(is_seen, (z - seen).abs() / (z + seen), torch.nan))
    return torch.stack(found, dim=1)
