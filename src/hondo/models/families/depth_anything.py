"""Depth Anything V2 (Yang et al. 2024): DINOv2 under DPT's decoder, without the class token."""

from typing import Any

from hondo.core.types import Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.families.dpt import dpt
from hondo.models.published.depth_anything import read
from hondo.models.registry.variant import Origin, variant_of

INDOOR_M, OUTDOOR_M = 20.0, 80.0  # the largest depths of the metric models, trained on Hypersim and on Virtual KITTI
FREE, NON_COMMERCIAL = "Apache-2.0", "CC-BY-NC-4.0"


def published(name: str, *, licence: str) -> Origin:
    """The origin of the authors' file ``name``.pth."""
    return Origin(source=f"github.com/DepthAnything/Depth-Anything-V2: {name}.pth", licence=licence, read=read)


@variant_of(dpt)
def depth_anything(
    *,
    readout: str = "ignore",
    positions: str = "dino",
    is_normed: bool = True,
    size_hw: Size = (518, 518),
    **options: Any,
) -> DepthModel:
    """What all sizes share."""
    return dpt(readout=readout, positions=positions, is_normed=is_normed, size_hw=size_hw, **options)


@published("depth_anything_v2_vits", licence=FREE)
@variant_of(depth_anything)
def depth_anything_s(
    *, encoder: str = "timm:vit_small_patch14_dinov2", features: int = 64, **options: Any
) -> DepthModel:
    """On ViT-S: relative inverse depth."""
    return depth_anything(encoder=encoder, features=features, **options)


@published("depth_anything_v2_vitb", licence=NON_COMMERCIAL)
@variant_of(depth_anything)
def depth_anything_b(
    *, encoder: str = "timm:vit_base_patch14_dinov2", features: int = 128, **options: Any
) -> DepthModel:
    """On ViT-B: relative inverse depth."""
    return depth_anything(encoder=encoder, features=features, **options)


@published("depth_anything_v2_vitl", licence=NON_COMMERCIAL)
@variant_of(depth_anything)
def depth_anything_l(
    *,
    encoder: str = "timm:vit_large_patch14_dinov2",
    hooks: tuple[int, ...] = (4, 11, 17, 23),
    features: int = 256,
    widths: tuple[int, ...] = (256, 512, 1024, 1024),
    **options: Any,
) -> DepthModel:
    """On ViT-L: relative inverse depth."""
    return depth_anything(encoder=encoder, hooks=hooks, features=features, widths=widths, **options)


@published("depth_anything_v2_metric_hypersim_vits", licence=FREE)
@variant_of(depth_anything_s)
def depth_anything_s_indoor(*, head: str = "sigmoid", max_depth: float = INDOOR_M, **options: Any) -> DepthModel:
    """On ViT-S: metres, trained on Hypersim."""
    return depth_anything_s(head=head, max_depth=max_depth, **options)


@published("depth_anything_v2_metric_vkitti_vits", licence=FREE)
@variant_of(depth_anything_s)
def depth_anything_s_outdoor(*, head: str = "sigmoid", max_depth: float = OUTDOOR_M, **options: Any) -> DepthModel:
    """On ViT-S: metres, trained on Virtual KITTI 2."""
    return depth_anything_s(head=head, max_depth=max_depth, **options)


@published("depth_anything_v2_metric_hypersim_vitb", licence=NON_COMMERCIAL)
@variant_of(depth_anything_b)
def depth_anything_b_indoor(*, head: str = "sigmoid", max_depth: float = INDOOR_M, **options: Any) -> DepthModel:
    """On ViT-B: metres, trained on Hypersim."""
    return depth_anything_b(head=head, max_depth=max_depth, **options)


@published("depth_anything_v2_metric_vkitti_vitb", licence=NON_COMMERCIAL)
@variant_of(depth_anything_b)
def depth_anything_b_outdoor(*, head: str = "sigmoid", max_depth: float = OUTDOOR_M, **options: Any) -> DepthModel:
    """On ViT-B: metres, trained on Virtual KITTI 2."""
    return depth_anything_b(head=head, max_depth=max_depth, **options)


@published("depth_anything_v2_metric_hypersim_vitl", licence=NON_COMMERCIAL)
@variant_of(depth_anything_l)
def depth_anything_l_indoor(*, head: str = "sigmoid", max_depth: float = INDOOR_M, **options: Any) -> DepthModel:
    """On ViT-L: metres, trained on Hypersim."""
    return depth_anything_l(head=head, max_depth=max_depth, **options)


@published("depth_anything_v2_metric_vkitti_vitl", licence=NON_COMMERCIAL)
@variant_of(depth_anything_l)
def depth_anything_l_outdoor(*, head: str = "sigmoid", max_depth: float = OUTDOOR_M, **options: Any) -> DepthModel:
    """On ViT-L: metres, trained on Virtual KITTI 2."""
    return depth_anything_l(head=head, max_depth=max_depth, **options)
