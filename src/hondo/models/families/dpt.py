"""DPT (Ranftl et al. 2021): a vision transformer's tokens to depth. One variant is a function that states numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError, unknown
from hondo.core.types import DepthKind, InputSpec, Size
from hondo.geometry.depth_units import invert_depth
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.dpt_decoder import DPTDecoder
from hondo.models.encoders.dpt_encoder import dpt_encoder
from hondo.models.encoders.encoder import Encoder, Pretrained
from hondo.models.encoders.vit import ViT, ViTUse
from hondo.models.published.dpt import read
from hondo.models.published.dpt_thesis import read as read_thesis
from hondo.models.registry.variant import Origin, variant_of

NATIVE_HW = (384, 384)
SMALLEST = 1e-8  # scaled inverse depth is kept above, before it is inverted

# What turns a fine-tuned DPT's output x into metres: depth = 1 / (scale x + shift) (isl-org/DPT, run_monodepth.py).
METRIC_HEADS = {"kitti": (0.00006016, 0.00579), "nyu": (0.000305, 0.1378)}


def dpt(
    *,
    encoder: str = "timm:vit_base_patch16_384",
    attention: str | tuple[str, ...] = "softmax",
    num_heads: int | None = None,
    head_dim: int | None = None,
    grid_hw: Size | None = None,
    hooks: tuple[int, ...] | None = None,
    head: str = "relative",
    max_depth: float = 80.0,
    readout: str = "project",
    positions: str = "bilinear",
    is_normed: bool = False,
    features: int = 256,
    separable: bool = False,
    widths: tuple[int, ...] | None = None,
    pretrained: Pretrained = False,
    size_hw: Size | None = None,
    multiple_of: int | None = None,
) -> DepthModel:
    """Any encoder under DPT's decoder.

    ``encoder``: "resnet50" or "efficientnet_b0" (hybrids with ViT-B), or a timm name: a ViT of any kind, or a network
    that yields four maps, or "CNN+ViT": a hybrid of two. ``head``: "relative", "kitti", "nyu", or "sigmoid": a share
    of ``max_depth`` [m]. ``features``: the decoder's channels; ``separable``: its 3x3 convolutions are depthwise and
    1x1 ones. ``widths``: of a plain ViT's four maps once projected. What is None is the encoder's own. Other options:
    see ViTUse.
    """
    use = ViTUse(
        hooks=tuple(hooks) if hooks else None,
        attention=attention if isinstance(attention, str) else tuple(attention),
        num_heads=num_heads,
        head_dim=head_dim,
        grid_hw=cast(Size, tuple(grid_hw)) if grid_hw else None,
        positions=positions,
        readout=readout,
        is_normed=is_normed,
    )
    maps = dpt_encoder(encoder, use, pretrained=pretrained, size_hw=size_hw or NATIVE_HW)
    if features < 2:
        raise HondoError(f"DPT's decoder needs at least 2 features, got {features}")
    kind, output = output_of(head, max_depth=max_depth)
    decoder = DPTDecoder(
        channels=maps.channels,
        strides=maps.strides,
        widths=checked_widths(widths) or default_widths(maps),
        features=features,
        separable=separable,
        output=output,
    )
    step = multiple_of or (max(maps.strides) if is_flat(maps) else 32)
    size = size_hw or (NATIVE_HW[0] // step * step, NATIVE_HW[1] // step * step)
    spec = InputSpec(size_hw=size, multiple_of=step, mean=maps.mean, std=maps.std, fixed=maps.is_fixed)
    return DepthModel(EncoderDecoder(maps, decoder), name="dpt", kind=kind, input_spec=spec)


def checked_widths(widths: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The widths, or None; refuses any but four positive numbers."""
    if widths is not None and (len(widths) != 4 or min(widths) < 1):
        raise HondoError(f"widths are the channels of four maps, got {widths}")
    return widths


def is_flat(maps: Encoder) -> bool:
    """Whether all maps have one stride: a vision transformer without a CNN below."""
    return len(set(maps.strides)) == 1


def default_widths(maps: Encoder) -> tuple[int | None, ...]:
    """1/8, 1/4, 1/2 and 1 of a plain ViT's channels; a CNN's maps are not projected, tokens above them keep theirs."""
    if is_flat(maps):
        return tuple(maps.channels[level] * 2**level // 8 for level in range(4))
    num_cnn = len(maps.patch_embed.channels) if isinstance(maps, ViT) else len(maps.channels)
    return (*(None for _ in range(num_cnn)), *maps.channels[num_cnn:])


def output_of(
    head: str, *, max_depth: float
) -> tuple[DepthKind, Callable[[Float[Tensor, "b 1 h w"]], Float[Tensor, "b 1 h w"]]]:
    """What the last convolution's numbers mean, and the function that brings them to that unit."""
    if head == "relative":
        return DepthKind.RELATIVE_INVERSE_DEPTH, F.relu
    if head == "sigmoid":
        return DepthKind.METRIC_DEPTH, partial(share_of, max_depth=max_depth)
    if head not in METRIC_HEADS:
        raise unknown("head", head, ["relative", *METRIC_HEADS, "sigmoid"])
    scale, shift = METRIC_HEADS[head]
    return DepthKind.METRIC_DEPTH, partial(inverted, scale=scale, shift=shift)


def inverted(x: Float[Tensor, "b 1 h w"], *, scale: float, shift: float) -> Float[Tensor, "b 1 h w"]:
    """Metres of a fine-tuned DPT."""
    return invert_depth(scale * F.relu(x) + shift, not_positive="clamp", smallest=SMALLEST)


def share_of(x: Float[Tensor, "b 1 h w"], *, max_depth: float) -> Float[Tensor, "b 1 h w"]:
    """Metres of a model that was trained up to ``max_depth``."""
    return max_depth * torch.sigmoid(x)


@Origin(source="github.com/isl-org/DPT: dpt_large-midas-2f21e586.pt", licence="MIT", read=read)
@variant_of(dpt)
def dpt_large(
    *,
    encoder: str = "timm:vit_large_patch16_384",
    widths: tuple[int, ...] | None = (256, 512, 1024, 1024),
    multiple_of: int = 32,
    **options: Any,
) -> DepthModel:
    """On ViT-L: relative inverse depth."""
    return dpt(encoder=encoder, widths=widths, multiple_of=multiple_of, **options)


@Origin(source="none; files in the format of github.com/isl-org/DPT", licence="", read=read)
@variant_of(dpt)
def dpt_base(*, encoder: str = "timm:vit_base_patch16_384", multiple_of: int = 32, **options: Any) -> DepthModel:
    """On ViT-B: relative inverse depth."""
    return dpt(encoder=encoder, multiple_of=multiple_of, **options)


@Origin(source="github.com/isl-org/DPT: dpt_hybrid-midas-501f0c75.pt", licence="MIT", read=read)
@variant_of(dpt)
def dpt_hybrid(*, encoder: str = "resnet50", **options: Any) -> DepthModel:
    """ViT-B on a ResNet-50: relative inverse depth."""
    return dpt(encoder=encoder, **options)


@Origin(source="github.com/isl-org/DPT: dpt_hybrid_kitti-cb926ef4.pt", licence="MIT", read=read)
@variant_of(dpt)
def dpt_hybrid_kitti(
    *, encoder: str = "resnet50", head: str = "kitti", size_hw: Size = (352, 1216), **options: Any
) -> DepthModel:
    """The hybrid fine-tuned on KITTI: metres."""
    return dpt(encoder=encoder, head=head, size_hw=size_hw, **options)


@Origin(source="github.com/isl-org/DPT: dpt_hybrid_nyu-2ce69ec7.pt", licence="MIT", read=read)
@variant_of(dpt)
def dpt_hybrid_nyu(
    *, encoder: str = "resnet50", head: str = "nyu", size_hw: Size = (480, 640), **options: Any
) -> DepthModel:
    """The hybrid fine-tuned on NYU Depth v2: metres."""
    return dpt(encoder=encoder, head=head, size_hw=size_hw, **options)


@Origin(source="github.com/guillesanbri/DPT", licence="MIT", read=read_thesis)
@variant_of(dpt)
def dpt_thesis(
    *,
    encoder: str = "resnet50",
    head: str = "kitti",
    positions: str = "corners",
    size_hw: Size = (192, 640),
    **options: Any,
) -> DepthModel:
    """Sanchez' 36 hybrids for KITTI: encoder, attention and hooks follow from the file, ``num_heads`` is given."""
    return dpt(encoder=encoder, head=head, positions=positions, size_hw=size_hw, **options)


@variant_of(dpt)
def dpt_fast(
    *,
    encoder: str = "timm:mobilenetv4_conv_small+vit_small_patch16_224",
    hooks: tuple[int, ...] | None = (0, 1),
    features: int = 64,
    head: str = "sigmoid",
    size_hw: Size = (192, 640),
    **options: Any,
) -> DepthModel:
    """A light hybrid: a tenth of the thesis's model A in multiplications (benchmarks/fast_dpt.py): metres."""
    return dpt(encoder=encoder, hooks=hooks, features=features, head=head, size_hw=size_hw, **options)
