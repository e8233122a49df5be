"""Samples brought to one size as images are for a network (images/placement); cameras and depth follow."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.types import Camera, Size, have_same_aspect
from hondo.images.placement import Placement, place_image, place_into


def fit_sample(sample: Sample, size_hw: Size | None) -> Sample:
    """The sample at ``size_hw`` (None: as it is), source views too; depth in the padding is not valid."""
    if size_hw is None or tuple(sample.image.shape[-2:]) == tuple(size_hw):
        return sample
    placement = place_into((sample.image.shape[1], sample.image.shape[2]), size_hw)
    fitted = replace(
        sample,
        image=fit_image(sample.image, placement),
        camera=_fit_camera(sample.camera, placement),
        depth_gt=None,
        valid=None,
        measured=None,
        is_measured=None,
        pairs=None if sample.pairs is None else _fit_pairs(sample.pairs, placement),
        is_scene=None,
    )
    if sample.depth_gt is not None and sample.valid is not None:
        depth, valid = fit_depth(sample.depth_gt, sample.valid, placement)
        fitted = replace(fitted, depth_gt=depth, valid=valid)
    if sample.measured is not None and sample.is_measured is not None:
        depth, valid = fit_depth(sample.measured, sample.is_measured, placement)
        fitted = replace(fitted, measured=depth, is_measured=valid)
    if sample.is_scene is not None:
        fitted = replace(fitted, is_scene=fit_depth(sample.is_scene.float(), sample.is_scene, placement)[1])
    return replace(fitted, sources=tuple(_fit_view(view, size_hw) for view in sample.sources))


def fit_image(image: Float[Tensor, "3 h w"], placement: Placement) -> Float[Tensor, "3 H W"]:
    """The image as the network sees it in use: the area average, its borders mirrored into the padding."""
    pixels = image.permute(1, 2, 0).contiguous().numpy()  # h w 3
    return torch.from_numpy(place_image(pixels, placement)).permute(2, 0, 1).contiguous()


def fit_depth(
    depth: Float[Tensor, "1 h w"], valid: Bool[Tensor, "1 h w"], placement: Placement
) -> tuple[Float[Tensor, "1 H W"], Bool[Tensor, "1 H W"]]:
    """Nearest, so that depths of two surfaces are never mixed; the padding is not valid."""
    padding = placement.left, placement.right, placement.top, placement.bottom
    scaled = F.interpolate(depth[None], placement.content_hw, mode="nearest-exact")[0]
    known = F.interpolate(valid[None].float(), placement.content_hw, mode="nearest-exact")[0] > 0.5
    return F.pad(scaled, padding), F.pad(known, padding)


def image_tensor(image: UInt8[Tensor, "h w 3"]) -> Float[Tensor, "3 h w"]:
    """uint8 RGB to float RGB 0..1."""
    return image.permute(2, 0, 1).contiguous().float() / 255


def _fit_pairs(pairs: Float[Tensor, "p 5"], placement: Placement) -> Float[Tensor, "p 5"]:
    """The points where the placement puts them; a plain scale, since pixel centres lie at +0.5."""
    (rows, columns), (height, width) = placement.content_hw, placement.image_hw
    scale = pairs.new_tensor([columns / width, rows / height] * 2 + [1.0])
    return pairs * scale + pairs.new_tensor([placement.left, placement.top] * 2 + [0.0])


def _fit_camera(camera: Camera | None, placement: Placement) -> Camera | None:
    return None if camera is None else placement.camera(camera)


def _fit_view(view: SourceView, size_hw: Size) -> SourceView:
    placement = place_into((view.image.shape[1], view.image.shape[2]), size_hw)
    return replace(view, image=fit_image(view.image, placement), camera=_fit_camera(view.camera, placement))


def registered_depth(
    depth: Float[Tensor, "1 H W"], valid: Bool[Tensor, "1 H W"], size_hw: Size, *, where: object
) -> tuple[Float[Tensor, "1 h w"], Bool[Tensor, "1 h w"]]:
    """A depth map at the size of its image: it may be smaller or larger (nearest), but of the same shape."""
    depth_hw = (depth.shape[1], depth.shape[2])
    if depth_hw == tuple(size_hw):
        return depth, valid
    if not have_same_aspect(depth_hw, size_hw):
        raise HondoError(
            f"{where}: the depth map is {depth_hw[1]}x{depth_hw[0]}, its image {size_hw[1]}x{size_hw[0]} (width x "
            "height), another shape; give depth registered to the images"
        )
    return fit_depth(depth, valid, place_into(depth_hw, size_hw))
