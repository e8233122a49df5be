"""Where depth and camera motion send each pixel, against the optical flow; what differs moves by itself."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.projection import pixel_grid
from hondo.geometry.warp import source_pixels
from hondo.losses.masked import masked_mean, masked_median

# Yin and Shi 2018 (GeoNet), section 3.4: flows differ where they are 3 pixels and 5 % of their length apart.
FAR_PX, FAR_SHARE = 3.0, 0.05
FAR_MEDIANS = 3.0  # and than so many medians of the image: early in training everything differs


def flow_consistency_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
    flow: Float[Tensor, "b n 2 h w"],
    is_matched: Bool[Tensor, "b n 1 h w"],
) -> Float[Tensor, ""]:
    """mean |rigid flow - flow| / width over matched pixels that do not move by themselves."""
    is_used = is_matched & is_scene[:, None]
    rigid, is_ahead = rigid_flow(depth, T_source_target, K, source_K)
    is_used = is_used & is_ahead
    is_static = ~is_moving(rigid.detach(), flow, is_used)
    return masked_mean(_distance(rigid, flow), is_used & is_static) / depth.shape[3]


def rigid_flow(
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    source_K: Float[Tensor, "b n 3 3"],
) -> tuple[Float[Tensor, "b n 2 h w"], Bool[Tensor, "b n 1 h w"]]:
    """How far each pixel moves to each source if nothing but the camera moves [pixels]; where its point is in front."""
    depth = depth.float()
    grid = pixel_grid((depth.shape[2], depth.shape[3]), device=depth.device)
    moved = [
        source_pixels(depth, T, K, K_source)
        for T, K_source in zip(T_source_target.float().unbind(1), source_K.unbind(1), strict=True)
    ]
    is_ahead = torch.stack([z > 1e-3 * depth for _, z in moved], dim=1)
    return torch.stack([pixels - grid for pixels, _ in moved], dim=1), is_ahead


def is_moving(
    rigid: Float[Tensor, "b n 2 h w"], flow: Float[Tensor, "b n 2 h w"], is_used: Bool[Tensor, "b n 1 h w"]
) -> Bool[Tensor, "b n 1 h w"]:
    """Where the flow is not that of the camera: an object moves by itself, or it is hidden. False where not used."""
    apart = _distance(rigid, flow)
    usual = masked_median(apart.flatten(0, 1), is_used.flatten(0, 1)).view(*apart.shape[:2], 1, 1, 1)
    limit = torch.maximum(FAR_SHARE * flow.norm(dim=2, keepdim=True), (FAR_MEDIANS * usual).clamp(min=FAR_PX))
    return is_used & (apart > limit)


def _distance(rigid: Float[Tensor, "b n 2 h w"], flow: Float[Tensor, "b n 2 h w"]) -> Float[Tensor, "b n 1 h w"]:
    """Pixels between the ends of two flows; its slope is finite at 0."""
    return (rigid - flow).square().sum(2, keepdim=True).clamp(min=1e-12).sqrt()
