"""View synthesis: a target view painted with a source view's colours by depth and pose (Zhou et al. 2017, eq. 2)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.camera import inverse_K, pixel_grid

_MIN_Z = 1e-3  # metres in front of the source camera; nearer points are not seen
_FAR_OUTSIDE = 4.0  # in half picture sizes; keeps coordinates of points beside the camera finite


def synthesise_view(
    source: Float[Tensor, "b c hs ws"],
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b 4 4"],
    K_target: Float[Tensor, "b 3 3"],
    K_source: Float[Tensor, "b 3 3"],
) -> tuple[Float[Tensor, "b c h w"], Bool[Tensor, "b 1 h w"]]:
    """The source resampled at the target's pixels (bilinear, border padding), and where the source really shows them.

    ``depth`` [m] is the target's, each K is in pixels of its own picture. Everything is float32, also under autocast.
    """
    with torch.autocast(source.device.type, enabled=False):
        pixels, z = source_pixels(depth.float(), T_source_target.float(), K_target.float(), K_source.float())
        size = pixels.new_tensor([source.shape[3], source.shape[2]])[:, None, None]
        grid = 2 * pixels / size - 1  # b 2 h w; -1 and 1 are the outer edges of the picture
        is_finite = torch.isfinite(grid).all(dim=1, keepdim=True)
        is_valid = is_finite & (grid.abs().amax(dim=1, keepdim=True) <= 1) & (z > _MIN_Z)
        grid = torch.where(is_finite, grid, torch.full_like(grid, _FAR_OUTSIDE)).clamp(-_FAR_OUTSIDE, _FAR_OUTSIDE)
        grid = grid.permute(0, 2, 3, 1)  # b h w 2
        view = F.grid_sample(source.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)
    return view, is_valid


def source_pixels(
    depth: Float[Tensor, "b 1 h w"],
    T_source_target: Float[Tensor, "b 4 4"],
    K_target: Float[Tensor, "b 3 3"],
    K_source: Float[Tensor, "b 3 3"],
) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b 1 h w"]]:
    """Where each target pixel lies in the source (x, y in pixels), and its z [m] there.

    x_s ~ K_s (R K_t^-1 x_t depth + t), with the two constant factors multiplied once a picture.
    """
    grid = pixel_grid((depth.shape[2], depth.shape[3]), device=depth.device, dtype=depth.dtype)
    pixels = torch.cat((grid, torch.ones_like(grid[:1]))).flatten(1)  # 3 hw
    turn = K_source @ T_source_target[:, :3, :3] @ inverse_K(K_target)  # b 3 3
    move = K_source @ T_source_target[:, :3, 3:]  # b 3 1
    points = (turn @ pixels) * depth.flatten(2) + move  # b 3 hw
    z = points[:, 2:]
    # A point at or behind the source camera gets a z of 1e-3 m: it lands outside or is marked not valid.
    flat = points[:, :2] / z.clamp(min=_MIN_Z)
    return flat.unflatten(2, depth.shape[2:]), z.unflatten(2, depth.shape[2:])
