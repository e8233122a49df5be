"""The height of the camera above the ground that is seen in its own depth, against the known one."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.geometry.metric_scale import LEAST_SHARE, POINTS_TRIED, level_plane
from hondo.geometry.projection import unproject


def camera_height_loss(
    depth: Float[Tensor, "b 1 h w"],
    is_scene: Bool[Tensor, "b 1 h w"],
    K: Float[Tensor, "b 3 3"],
    *,
    metres: float = 0.0,
) -> Float[Tensor, ""]:
    """|height / metres - 1|, the mean over the images whose lower half shows a level plane.

    The plane is fitted without a gradient (RANSAC); the height is the mean distance of its points from the camera along
    its normal (Xue et al. 2020, section III-C, with one plane in place of a normal for every pixel).
    """
    check_height(metres)
    half = depth.shape[2] // 2
    points = unproject(depth.float(), K)[:, :, half:].flatten(2).mT  # b n 3
    is_known = is_scene[:, 0, half:].flatten(1) & (depth[:, 0, half:].flatten(1) > 0)
    heights = [_height(points[i][is_known[i]]) for i in range(len(depth))]
    found = [(height / metres - 1).abs() for height in heights if height is not None]
    return torch.stack(found).mean() if found else (depth * 0).sum()


def check_height(metres: float) -> None:
    """Refuses a height that is not given."""
    if not metres > 0:
        raise HondoError(
            "the camera_height term needs the height: give objective.view_options camera_height.metres=METRES",
            field="objective.view_options",
        )


def _height(points: Float[Tensor, "n 3"]) -> Float[Tensor, ""] | None:
    """The camera's distance to the ground plane; None where there is none."""
    points = points[:: max(1, len(points) // POINTS_TRIED)]
    if len(points) < 3:
        return None
    normal, _, on_plane = level_plane(points.detach().cpu().double().numpy(), seed=0)
    if on_plane.mean() < LEAST_SHARE:
        return None
    on_ground = points[torch.from_numpy(on_plane).to(points.device)]
    return (on_ground * on_ground.new_tensor(normal)).sum(1).mean()
