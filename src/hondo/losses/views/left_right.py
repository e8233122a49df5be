"""Left-right consistency: the disparity of one image of a stereo pair against the one predicted of the other."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.warp import synthesise_view_and_z
from hondo.losses.masked import masked_mean


def left_right_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
    depth_source: Float[Tensor, "b n 1 h w"],
    is_stereo: Bool[Tensor, " n"],
) -> Float[Tensor, ""]:
    """The mean of |d - d'| over the pixels that the other image shows, d' its disparity at the place that d leads to;
    both as a share of the image's width (Godard et al. 2017, eq. 7).

    Where Godard's network predicts both disparities of one image, here one network predicts that of each image: it
    still sees one view at a time.
    """
    losses = []
    for number in is_stereo.nonzero()[:, 0].tolist():
        T, K_source, there = T_source_target[:, number], source_K[:, number], depth_source[:, number]
        seen, is_seen, z = synthesise_view_and_z(there, depth, T, K, K_source)
        unit = (K_source[:, 0, 0] * T[:, :3, 3].norm(dim=-1) / depth.shape[-1])[:, None, None, None]
        is_seen = is_seen & is_scene
        z, seen = torch.where(is_seen, z, 1.0), torch.where(is_seen, seen, 1.0)
        losses.append(masked_mean(unit * (1 / z - 1 / seen).abs(), is_seen))
    return torch.stack(losses).mean()
