"""Mirrors and zooms batches: images, depth, cameras and poses together, so that projection stays right."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import Size


def flip(batch: Batch, is_flipped: Bool[Tensor, " b"]) -> Batch:
    """Mirrors the chosen samples left to right: cx becomes width - cx, T becomes M T M with M = diag(-1, 1, 1, 1)."""
    width = batch.image.shape[-1]

    def mirrored(values: Shaped[Tensor, "*shape"] | None) -> Shaped[Tensor, "*shape"] | None:
        return None if values is None else torch.where(_wide(is_flipped, values), values.flip(-1), values)

    return replace(
        batch,
        image=torch.where(_wide(is_flipped, batch.image), batch.image.flip(-1), batch.image),
        depth_gt=mirrored(batch.depth_gt),
        valid=mirrored(batch.valid),
        measured=mirrored(batch.measured),
        is_measured=mirrored(batch.is_measured),
        is_scene=mirrored(batch.is_scene),
        pairs=_flip_pairs(batch.pairs, is_flipped, width=width),
        source_images=mirrored(batch.source_images),
        augmented=mirrored(batch.augmented),
        augmented_sources=mirrored(batch.augmented_sources),
        K=_flip_K(batch.K, is_flipped, width=width),
        source_K=_flip_K(batch.source_K, is_flipped, width=width),
        T_source_target=_flip_poses(batch.T_source_target, is_flipped),
        is_flipped=is_flipped if batch.is_flipped is None else batch.is_flipped ^ is_flipped,
    )


def zoom(
    batch: Batch, *, top: Float[Tensor, " b"], left: Float[Tensor, " b"], scale: Float[Tensor, " b"], size_hw: Size
) -> Batch:
    """The window from (top, left) pixels on, enlarged ``scale`` times to ``size_hw``; K follows, depth stays metric.

    Bilinear for images, nearest for depth; what lies outside the image repeats its border and has no valid depth.
    """
    if batch.source_K is None and batch.source_images is not None and batch.K is not None:
        batch = replace(batch, source_K=batch.K[:, None].expand(-1, batch.source_images.shape[1], -1, -1))
    grid = _window_grid(batch.image, top=top, left=left, scale=scale, size_hw=size_hw)
    depth_gt, valid = _zoom_depth(batch.depth_gt, batch.valid, grid)
    measured, is_measured = _zoom_depth(batch.measured, batch.is_measured, grid)
    scene = None if batch.is_scene is None else batch.is_scene.to(batch.image)
    return replace(
        batch,
        image=_sample_views(batch.image[:, None], grid)[:, 0],
        is_scene=_zoom_depth(scene, batch.is_scene, grid)[1],
        depth_gt=depth_gt,
        valid=valid,
        measured=measured,
        is_measured=is_measured,
        pairs=_zoom_pairs(batch.pairs, top=top, left=left, scale=scale, size_hw=size_hw),
        source_images=None if batch.source_images is None else _sample_views(batch.source_images, grid),
        augmented=None if batch.augmented is None else _sample_views(batch.augmented[:, None], grid)[:, 0],
        augmented_sources=None if batch.augmented_sources is None else _sample_views(batch.augmented_sources, grid),
        K=_zoom_K(batch.K, top=top, left=left, scale=scale),
        source_K=_zoom_K(batch.source_K, top=top, left=left, scale=scale),
    )


def _flip_pairs(
    pairs: Float[Tensor, "b p 5"] | None, is_flipped: Bool[Tensor, " b"], *, width: int
) -> Float[Tensor, "b p 5"] | None:
    if pairs is None:
        return None
    mirrored = pairs.clone()
    mirrored[..., [0, 2]] = width - pairs[..., [0, 2]]
    return torch.where(_wide(is_flipped, pairs), mirrored, pairs)


def _zoom_pairs(
    pairs: Float[Tensor, "b p 5"] | None,
    *,
    top: Float[Tensor, " b"],
    left: Float[Tensor, " b"],
    scale: Float[Tensor, " b"],
    size_hw: Size,
) -> Float[Tensor, "b p 5"] | None:
    """The points in the window; a pair with a point outside it becomes NaN."""
    if pairs is None:
        return None
    corner = torch.stack([left, top], dim=-1).to(pairs)[:, None, None]  # b 1 1 2
    points = (pairs[..., :4].unflatten(-1, (2, 2)) - corner) * scale.to(pairs)[:, None, None, None]
    is_inside = ((points >= 0) & (points < points.new_tensor(size_hw[::-1]))).all(-1).all(-1)
    moved = torch.cat([points.flatten(2), pairs[..., 4:]], dim=-1)
    return torch.where(is_inside[..., None], moved, torch.nan)


def _flip_K(
    K: Float[Tensor, "b *n 3 3"] | None, is_flipped: Bool[Tensor, " b"], *, width: int
) -> Float[Tensor, "b *n 3 3"] | None:
    if K is None:
        return None
    mirrored = K.clone()
    mirrored[..., 0, 2] = width - K[..., 0, 2]
    return torch.where(_wide(is_flipped, K), mirrored, K)


def _flip_poses(
    poses: Float[Tensor, "b n 4 4"] | None, is_flipped: Bool[Tensor, " b"]
) -> Float[Tensor, "b n 4 4"] | None:
    if poses is None:
        return None
    mirror = torch.diag(torch.tensor([-1.0, 1.0, 1.0, 1.0])).to(poses)
    return torch.where(_wide(is_flipped, poses), mirror @ poses @ mirror, poses)


def _window_grid(
    image: Float[Tensor, "b 3 h w"],
    *,
    top: Float[Tensor, " b"],
    left: Float[Tensor, " b"],
    scale: Float[Tensor, " b"],
    size_hw: Size,
) -> Float[Tensor, "b H W 2"]:
    """Sampling positions (x, y) in -1..1 of each output pixel's centre (align_corners=False)."""
    if not bool((scale > 0).all()):
        raise HondoError("zoom needs positive scales")
    (height, width), (out_height, out_width) = image.shape[-2:], size_hw
    rows = torch.arange(out_height, device=image.device, dtype=image.dtype) + 0.5
    columns = torch.arange(out_width, device=image.device, dtype=image.dtype) + 0.5
    top, left, scale = (values.to(image) for values in (top, left, scale))
    y = (top[:, None] + rows / scale[:, None]) * 2 / height - 1  # (b H)
    x = (left[:, None] + columns / scale[:, None]) * 2 / width - 1  # (b W)
    shape = (-1, out_height, out_width)
    return torch.stack([x[:, None].expand(shape), y[:, :, None].expand(shape)], dim=-1)


def _sample_views(views: Float[Tensor, "b n c h w"], grid: Float[Tensor, "b H W 2"]) -> Float[Tensor, "b n c H W"]:
    stacked = views.flatten(1, 2)  # b (n c) h w
    sampled = F.grid_sample(stacked, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return sampled.unflatten(1, views.shape[1:3])


def _zoom_depth(
    depth: Float[Tensor, "b 1 h w"] | None, valid: Bool[Tensor, "b 1 h w"] | None, grid: Float[Tensor, "b H W 2"]
) -> tuple[Float[Tensor, "b 1 H W"] | None, Bool[Tensor, "b 1 H W"] | None]:
    if depth is None or valid is None:
        return None, None
    both = torch.cat([depth, valid.to(depth)], dim=1)  # b 2 h w
    both = F.grid_sample(both, grid, mode="nearest", padding_mode="border", align_corners=False)
    is_inside = (grid.abs() <= 1).all(dim=-1)[:, None]
    return both[:, :1], (both[:, 1:] > 0.5) & is_inside


def _zoom_K(
    K: Float[Tensor, "b *n 3 3"] | None,
    *,
    top: Float[Tensor, " b"],
    left: Float[Tensor, " b"],
    scale: Float[Tensor, " b"],
) -> Float[Tensor, "b *n 3 3"] | None:
    if K is None:
        return None
    zoomed = K.clone()
    wide = (-1,) + (1,) * (K.ndim - 3)
    top, left, scale = (values.to(K).reshape(wide) for values in (top, left, scale))
    zoomed[..., 0, 0], zoomed[..., 1, 1] = K[..., 0, 0] * scale, K[..., 1, 1] * scale
    zoomed[..., 0, 2], zoomed[..., 1, 2] = (K[..., 0, 2] - left) * scale, (K[..., 1, 2] - top) * scale
    return zoomed


def _wide(chosen: Bool[Tensor, " b"], like: Shaped[Tensor, "b ..."]) -> Bool[Tensor, "b ..."]:
    return chosen.to(like.device).reshape(-1, *(1,) * (like.ndim - 1))
