"""View synthesis: a target view painted with a source view's colours by depth and pose (Zhou et al. 2017, eq. 2)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.types import Size
from hondo.geometry.projection import inverse_K, linear, pixel_grid

_MIN_DEPTH = 1e-6  # metres; nearer is not a depth
_MIN_Z = 1e-3  # metres in front of the source camera; nearer points are not seen
_MIN_RATIO = 1e-6  # of the z in the source to the depth in the target
_FAR_OUTSIDE = 4.0  # in half image sizes; keeps coordinates of points beside the camera finite


def synthesise_view(
    source: Float[Tensor, "b c hs ws"],
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b 4 4"],
    K_target: Float[Tensor, "b 3 3"],
    K_source: Float[Tensor, "b 3 3"],
) -> tuple[Float[Tensor, "b c h w"], Bool[Tensor, "b 1 h w"]]:
    """The source resampled at the target's pixels (bilinear, border padding), and where the source really shows them.

    ``depth`` [m] is the target's, each K is in pixels of its own image. Everything is float32, also under autocast.
    """
    view, is_valid, _ = synthesise_view_and_z(source, depth, T_source_target, K_target, K_source)
    return view, is_valid


def synthesise_view_and_z(
    source: Float[Tensor, "b c hs ws"],
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b 4 4"],
    K_target: Float[Tensor, "b 3 3"],
    K_source: Float[Tensor, "b 3 3"],
) -> tuple[Float[Tensor, "b c h w"], Bool[Tensor, "b 1 h w"], Float[Tensor, "b 1 h w"]]:
    """As ``synthesise_view``, and the z [m] of the target's points in the source; nothing where it is not seen."""
    with torch.autocast(source.device.type, enabled=False):
        depth = depth.float()
        is_known = depth > _MIN_DEPTH  # False for NaN
        depth = torch.where(is_known, depth, torch.ones_like(depth))  # keeps every gradient finite
        pixels, z = source_pixels(depth, T_source_target.float(), K_target.float(), K_source.float())
        size = pixels.new_tensor([source.shape[3], source.shape[2]])[:, None, None]
        grid = 2 * pixels / size - 1  # b 2 h w; -1 and 1 are the outer edges of the image
        is_valid = is_known & (grid[:, :1].abs() <= 1) & (grid[:, 1:].abs() <= 1) & (z > _MIN_Z)
        grid = grid.clamp(-_FAR_OUTSIDE, _FAR_OUTSIDE).permute(0, 2, 3, 1)  # b h w 2
        view = F.grid_sample(source.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return view, is_valid, z


def source_pixels(
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b 4 4"],
    K_target: Float[Tensor, "b 3 3"],
    K_source: Float[Tensor, "b 3 3"],
) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b 1 h w"]]:
    """Where each target pixel lies in the source (x, y in pixels), and its z [m] there.

    x_s ~ K_s R K_t^-1 x_t + K_s t / depth. The two constant factors are multiplied in float64, so that the identity
    pose gives the pixels themselves.
    """
    exact = torch.float32 if depth.device.type == "mps" else torch.float64
    K, T = K_source.to(exact), T_source_target.to(exact)
    turn = (K @ T[:, :3, :3] @ inverse_K(K_target.to(exact))).to(depth.dtype)  # b 3 3
    move = (K @ T[:, :3, 3:]).to(depth.dtype)[..., None]  # b 3 1 1
    points = linear(turn, pixel_grid(_size(depth), device=depth.device, dtype=depth.dtype)) + move / depth  # b 3 h w
    # A point at or behind the source camera has z <= 0: its pixel means nothing, and is_valid will say so.
    return points[:, :2] / points[:, 2:].clamp(min=_MIN_RATIO), points[:, 2:] * depth


def _size(depth: Float[Tensor, "b 1 h w"]) -> Size:
    return depth.shape[2], depth.shape[3]
