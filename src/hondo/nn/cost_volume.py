"""Cost volume: how features of earlier views differ at each of many depths (ManyDepth, Watson et al. 2021)."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

EDGE = 2  # pixels at the border of both views that do not count: their features have seen the padding
_EPSILON = 1e-7  # keeps quotients finite; the published networks were trained with it
_DEPTHS_AT_ONCE = 16  # bounds the memory of sampled features


@dataclass(frozen=True, kw_only=True)
class Matching:
    """``cost``: mean absolute difference of features at each depth, 0 where no view shows the point.

    ``is_seen``: whether some view shows the point at every depth.
    """

    cost: Float[Tensor, "b d h w"]
    is_seen: Bool[Tensor, "b 1 h w"]

    @property
    def trusted_cost(self) -> Float[Tensor, "b d h w"]:
        """The cost of pixels that are seen at every depth, 0 elsewhere."""
        return torch.where(self.is_seen, self.cost, 0.0)

    def best_depth(self, depths: Float[Tensor, " d"]) -> Float[Tensor, "b 1 h w"]:
        """The depth of least cost, in the unit of ``depths``; the first where nothing was matched."""
        least = torch.where(self.cost > 0, self.cost, torch.inf).argmin(dim=1, keepdim=True)
        return depths[least]


def match(
    target: Float[Tensor, "b c h w"],
    sources: Float[Tensor, "b n c h w"],
    T_source_target: Float[Tensor, "b n 4 4"],
    K: Float[Tensor, "b 3 3"],
    depths: Float[Tensor, " d"],
) -> Matching:
    """Compares the target's features with those of every source at the points that lie at ``depths``, in float32.

    K is in pixels of the feature maps with pixel centres at integers, as the published networks have it. A pose of all
    zeros means that there is no such source.
    """
    target, sources, T, K = target.float(), sources.float(), T_source_target.float(), K.float()
    rays = _rays(target, K)
    total, count = torch.zeros((), device=target.device), torch.zeros((), device=target.device)
    for source, pose in zip(sources.unbind(1), T.unbind(1), strict=True):
        parts = [_difference(target, source, pixels) for pixels in _pixels(rays, pose, K, depths.float())]
        difference = torch.cat(parts, dim=1) * (pose != 0).any(-1).any(-1)[:, None, None, None]
        total, count = total + difference, count + (difference > 0)
    cost = total / (count + _EPSILON)
    return Matching(cost=cost, is_seen=cost.amin(dim=1, keepdim=True) > 0)


def unmatched(target: Float[Tensor, "b c h w"], *, num_depths: int) -> Matching:
    """What is known where there is no earlier view."""
    cost = target.new_zeros(target.shape[0], num_depths, *target.shape[2:], dtype=torch.float32)
    return Matching(cost=cost, is_seen=torch.zeros_like(cost[:, :1], dtype=torch.bool))


def _rays(target: Float[Tensor, "b c h w"], K: Float[Tensor, "b 3 3"]) -> Float[Tensor, "b 3 _"]:
    """The points at depth 1 behind every pixel."""
    height, width = target.shape[2:]
    x = torch.arange(width, device=K.device, dtype=K.dtype)
    y = torch.arange(height, device=K.device, dtype=K.dtype)
    x = (x - K[:, 0, 2, None]) / K[:, 0, 0, None]  # b w
    y = (y - K[:, 1, 2, None]) / K[:, 1, 1, None]  # b h
    x, y = x[:, None, :].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)
    return torch.stack((x, y, torch.ones_like(x)), dim=1).flatten(2)


def _pixels(
    rays: Float[Tensor, "b 3 hw"],
    T_source_target: Float[Tensor, "b 4 4"],
    K: Float[Tensor, "b 3 3"],
    depths: Float[Tensor, " d"],
) -> Iterator[Float[Tensor, "b 2 _ hw"]]:
    """Where the source shows the points at ``depths``, a few depths at a time."""
    to_pixels = _product(K, T_source_target[:, :3])  # b 3 4
    turned, moved = _product(to_pixels[..., :3], rays), to_pixels[..., 3, None, None]  # b 3 hw, b 3 1 1
    for some in depths.split(_DEPTHS_AT_ONCE):
        points = turned[:, :, None] * some[:, None] + moved  # b 3 d hw
        yield points[:, :2] / (points[:, 2:] + _EPSILON)


def _product(a: Float[Tensor, "b i j"], b: Float[Tensor, "b j k"]) -> Float[Tensor, "b i k"]:
    """a @ b in full precision, which a matrix product has neither under autocast nor with TF32."""
    return (a[..., None] * b[:, None]).sum(2)


def _difference(
    target: Float[Tensor, "b c h w"], source: Float[Tensor, "b c h w"], pixels: Float[Tensor, "b 2 d hw"]
) -> Float[Tensor, "b d h w"]:
    """Mean absolute difference over the channels; 0 where either view is at its border or beyond."""
    height, width = target.shape[2:]
    x, y = pixels.unbind(1)
    grid = torch.stack((x / (width - 1), y / (height - 1)), dim=-1) * 2 - 1  # b d hw 2
    sampled = F.grid_sample(
        source, grid.flatten(1, 2)[:, None], mode="bilinear", padding_mode="zeros", align_corners=True
    )  # b c 1 d*hw
    sampled = sampled.unflatten(-1, (pixels.shape[2], height, width))[:, :, 0]  # b c d h w
    difference = (sampled - target[:, :, None]).abs().mean(dim=1)
    x, y = pixels.unflatten(-1, (height, width)).unbind(1)
    is_inside = (x >= EDGE) & (x <= width - EDGE) & (y >= EDGE) & (y <= height - EDGE)
    return torch.where(is_inside & _is_inner(target), difference, 0.0)


def _is_inner(target: Float[Tensor, "b c h w"]) -> Bool[Tensor, "h w"]:
    """Whether a pixel lies away from the border of its map."""
    height, width = target.shape[2:]
    x, y = torch.arange(width, device=target.device), torch.arange(height, device=target.device)
    return ((y >= EDGE) & (y < height - EDGE))[:, None] & ((x >= EDGE) & (x < width - EDGE))
