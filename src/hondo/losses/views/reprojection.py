"""Photometric reprojection: how badly the sources, warped to the target by depth and pose, explain it (monodepth2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.geometry.warp import synthesise_view
from hondo.losses.masked import masked_mean
from hondo.losses.photometric import SSIM_WEIGHT, Moments, moments, photometric_error

OUT_OF_VIEW = 1e3  # an error that is never the smallest
IN_SCENE = 0.99  # of a warped mask: pixels that a masked one is mixed into do not count
TIE_NOISE = 1e-5  # standard deviation (monodepth2)


@dataclass(frozen=True, kw_only=True)
class Views:
    """A target image and its sources, RGB 0..1; each K is in pixels of its own image."""

    target: Float[Tensor, "b 3 h w"]
    sources: Sequence[Float[Tensor, "b 3 h w"]]
    K: Float[Tensor, "b 3 3"]
    source_K: Sequence[Float[Tensor, "b 3 3"]]
    T_source_target: Sequence[Float[Tensor, "b 4 4"]]  # in the unit of depth
    is_scene: Bool[Tensor, "b 1 h w"] | None = None  # of target and sources alike; None: scene everywhere
    weight: Float[Tensor, "b 1 h w"] | None = None  # factor of the error of each pixel; those of weight 0 do not count


def reprojection_loss(
    depths: Sequence[Float[Tensor, "b 1 h w"]],
    views: Views,
    *,
    still: Sequence[int] | None = None,
    ssim_weight: float = SSIM_WEIGHT,
    mask_outside: bool = False,
    tie_noise: float = TIE_NOISE,
) -> Float[Tensor, ""]:
    """The smallest error of the sources at every pixel, averaged over the pixels and over several depth maps.

    ``still``: numbers of the sources that join the minimum as they are, without a warp (auto-mask: pixels that they
    explain better teach nothing). ``mask_outside``: pixels that no source shows do not count.
    """
    target = moments(views.target)
    unmoved = None
    if still is not None:
        images = [views.sources[number] for number in still]
        unmoved = identity_error(images, target, ssim_weight=ssim_weight, tie_noise=tie_noise)
    means = []
    for depth in depths:
        errors = reprojection_errors(depth, views, target, ssim_weight=ssim_weight, mask_outside=mask_outside)
        best = smallest(errors)
        is_seen = best < OUT_OF_VIEW
        if unmoved is not None:
            best = torch.minimum(best, unmoved)  # where the unwarped source is nearer, no gradient flows
        if views.weight is not None:
            best, is_seen = best * views.weight, is_seen & (views.weight > 0)
        means.append(masked_mean(best, is_seen))
    return torch.stack(means).mean()


def reprojection_errors(
    depth: Float[Tensor, "b 1 h w"],
    views: Views,
    target: Moments,
    *,
    ssim_weight: float = SSIM_WEIGHT,
    mask_outside: bool = False,
) -> list[Float[Tensor, "b 1 h w"]]:
    """The photometric error of every source, warped by the target's depth; OUT_OF_VIEW where it is masked.

    ``target``: the moments of the target image.
    """
    errors = []
    for source, T_source_target, source_K in zip(views.sources, views.T_source_target, views.source_K, strict=True):
        if views.is_scene is not None:
            source = torch.cat([source, views.is_scene.to(source)], dim=1)  # the mask is warped along
        view, is_inside = synthesise_view(source, depth, T_source_target, views.K, source_K)
        error = photometric_error(view[:, :3], target, ssim_weight=ssim_weight)
        error = torch.where(is_inside, error, OUT_OF_VIEW) if mask_outside else error
        if views.is_scene is not None:
            error = torch.where(views.is_scene & (view[:, 3:] > IN_SCENE), error, OUT_OF_VIEW)
        errors.append(error)
    return errors


@torch.no_grad()
def identity_error(
    images: Sequence[Float[Tensor, "b 3 h w"]],
    target: Moments,
    *,
    ssim_weight: float = SSIM_WEIGHT,
    tie_noise: float = TIE_NOISE,
) -> Float[Tensor, "b 1 h w"]:
    """The smallest error of the unwarped sources: lowest where nothing moves relative to the camera."""
    best = smallest([photometric_error(image, target, ssim_weight=ssim_weight) for image in images])
    return best + tie_noise * torch.randn_like(best)


def smallest(errors: Sequence[Float[Tensor, "b 1 h w"]]) -> Float[Tensor, "b 1 h w"]:
    """The elementwise minimum."""
    best = errors[0]
    for error in errors[1:]:
        best = torch.minimum(best, error)
    return best
