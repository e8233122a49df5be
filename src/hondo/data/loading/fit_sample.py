"""Images to one size without distortion: scaled by one factor, centred, the rest padded; cameras and depth follow."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.sample import Sample, SourceView
from hondo.core.types import Camera, Size


@dataclass(frozen=True, kw_only=True)
class Fit:
    """An image of ``image_hw`` scaled to ``scaled_hw`` and laid at (top, left) of ``size_hw``."""

    image_hw: Size
    scaled_hw: Size
    top: int
    left: int
    size_hw: Size


def fit_into(image_hw: Size, size_hw: Size) -> Fit:
    """The largest placement that keeps the aspect (to the rounding of one pixel)."""
    scale = min(size_hw[0] / image_hw[0], size_hw[1] / image_hw[1])
    height, width = (min(limit, max(1, round(side * scale))) for side, limit in zip(image_hw, size_hw, strict=True))
    return Fit(
        image_hw=image_hw,
        scaled_hw=(height, width),
        top=(size_hw[0] - height) // 2,
        left=(size_hw[1] - width) // 2,
        size_hw=size_hw,
    )


def fit_sample(sample: Sample, size_hw: Size | None) -> Sample:
    """The sample at ``size_hw`` (None: as it is), source views too; padding repeats the border and is not valid."""
    if size_hw is None or tuple(sample.image.shape[-2:]) == tuple(size_hw):
        return sample
    fit = fit_into((sample.image.shape[1], sample.image.shape[2]), size_hw)
    fitted = replace(
        sample, image=fit_image(sample.image, fit), camera=fit_camera(sample.camera, fit), depth_gt=None, valid=None
    )
    if sample.depth_gt is not None and sample.valid is not None:
        depth, valid = fit_depth(sample.depth_gt, sample.valid, fit)
        fitted = replace(fitted, depth_gt=depth, valid=valid)
    return replace(fitted, sources=tuple(_fit_view(view, size_hw) for view in sample.sources))


def fit_image(image: Float[Tensor, "c h w"], fit: Fit) -> Float[Tensor, "c H W"]:
    """Bilinear (with smoothing where it shrinks), then the border repeated outwards."""
    scaled = image
    if fit.scaled_hw != fit.image_hw:
        scaled = F.interpolate(image[None], fit.scaled_hw, mode="bilinear", antialias=True, align_corners=False)[0]
        scaled = scaled.clamp(0, 1)
    return F.pad(scaled[None], _padding(fit), mode="replicate")[0]


def fit_depth(
    depth: Float[Tensor, "1 h w"], valid: Bool[Tensor, "1 h w"], fit: Fit
) -> tuple[Float[Tensor, "1 H W"], Bool[Tensor, "1 H W"]]:
    """Nearest, so that depths of two surfaces are never mixed; the padding is not valid."""
    scaled = F.interpolate(depth[None], fit.scaled_hw, mode="nearest-exact")[0]
    known = F.interpolate(valid[None].float(), fit.scaled_hw, mode="nearest-exact")[0] > 0.5
    return F.pad(scaled, _padding(fit)), F.pad(known, _padding(fit))


def fit_camera(camera: Camera | None, fit: Fit) -> Camera | None:
    if camera is None:
        return None
    return camera.resized(fit.scaled_hw).cropped(top=-fit.top, left=-fit.left, size_hw=fit.size_hw)


def image_tensor(image: "torch.Tensor") -> Float[Tensor, "3 h w"]:
    """uint8 (h w 3) RGB to float RGB 0..1."""
    return image.permute(2, 0, 1).contiguous().float() / 255


def _fit_view(view: SourceView, size_hw: Size) -> SourceView:
    fit = fit_into((view.image.shape[1], view.image.shape[2]), size_hw)
    return replace(view, image=fit_image(view.image, fit), camera=fit_camera(view.camera, fit))


def _padding(fit: Fit) -> tuple[int, int, int, int]:
    """left, right, top, bottom"""
    right = fit.size_hw[1] - fit.scaled_hw[1] - fit.left
    bottom = fit.size_hw[0] - fit.scaled_hw[0] - fit.top
    return fit.left, right, fit.top, bottom
