"""Virtual normals: planes through three far points of the scene should be tilted as in the ground truth."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hondo.geometry.projection import unproject
from hondo.losses.masked import masked_mean
from hondo.losses.relations.drawn_points import draw_points

NUM_TRIPLETS = 2000  # drawn from an image
MAX_COSINE = 0.867  # of the angles of a triangle: 30 to 150 degrees (Yin et al. 2019, section 3.2)
SHORTEST_SIDE = 0.1  # of a triangle, as a fraction of the mean depth of its corners
SMALLEST_AREA = 1e-4  # of a predicted triangle in squared mean depths: smaller ones have no certain normal


def virtual_normal_loss(
    depth: Float[Tensor, "b 1 h w"],
    depth_gt: Float[Tensor, "b 1 h w"],
    K: Float[Tensor, "b 3 3"],
    *,
    is_valid: Bool[Tensor, "b 1 h w"],
    num_triplets: int = NUM_TRIPLETS,
    generator: torch.Generator | None = None,
) -> Float[Tensor, ""]:
    """mean |n_pred - n_gt|_1 over random triangles that are neither small nor thin in the truth (Yin et al. 2019).

    Normals do not depend on a common factor of depth. ``K``: pixels of the map.
    """
    places, has_points = draw_points(is_valid, num_triplets, of=3, generator=generator)
    truth = _corners(torch.where(is_valid, depth_gt, 1).float(), K.float(), places)
    pred = _corners(torch.where(is_valid, depth, 1).float(), K.float(), places)
    error = (_normals(pred) - _normals(truth)).abs().sum(-1)
    return masked_mean(error, has_points & _is_wide(truth))


def _corners(
    depth: Float[Tensor, "b 1 h w"], K: Float[Tensor, "b 3 3"], places: Int[Tensor, "b p 3"]
) -> Float[Tensor, "b p 3 3"]:
    """The three points of each triangle, over the mean of their depths; last axis x y z."""
    points = unproject(depth, K).flatten(2).mT  # b (h w) 3
    chosen = points.gather(1, places.flatten(1)[..., None].expand(-1, -1, 3)).unflatten(1, places.shape[1:])
    return chosen / chosen[..., 2:].mean(-2, keepdim=True).clamp(min=1e-6)


def _normals(corners: Float[Tensor, "b p 3 3"]) -> Float[Tensor, "b p 3"]:
    a, b, c = corners.unbind(-2)
    cross = torch.linalg.cross(b - a, c - a)
    return cross / (cross.square().sum(-1, keepdim=True) + SMALLEST_AREA**2).sqrt()


def _is_wide(corners: Float[Tensor, "b p 3 3"]) -> Bool[Tensor, "b p"]:
    """Whether no side is short and no angle is near 0 or 180 degrees."""
    a, b, c = corners.unbind(-2)
    sides = torch.stack([b - a, c - b, a - c], dim=-2)  # b p 3 3
    lengths = sides.norm(dim=-1)
    cosines = (sides * sides.roll(-1, dims=-2)).sum(-1) / (lengths * lengths.roll(-1, dims=-1)).clamp(min=1e-9)
    return (cosines.abs() < MAX_COSINE).all(-1) & (lengths > SHORTEST_SIDE).all(-1)
