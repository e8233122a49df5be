"""Fuses a model for inference: modules are replaced by equivalent ones that cost less. Equal up to rounding.

Training keeps the original modules, whose weights are those of the checkpoints.
"""

from collections.abc import Collection
from copy import deepcopy

from torch import nn

from hondo.models.base.depth_model import DepthModel
from hondo.nn.attention.softmax import SeparateAttention, SoftmaxAttention, is_separable
from hondo.nn.blocks.standardised_conv import StandardisedConv
from hondo.nn.upsampling.pixel_shuffle import BlockShuffle, PatchConv, block_ordered, is_patchable
from hondo.nn.upsampling.resized_conv import ConvBeforeResize, ResizedConv
from hondo.nn.upsampling.upsample_conv import BilinearUpsample, ConvBilinearUpsample, FoldedUpsampleConv, UpsampleConv


def fuse_for_inference(model: DepthModel, *, any_size: bool = False, not_fused: Collection[type] = ()) -> DepthModel:
    """A copy that gives the same maps in less time. ``any_size``: without modules that are made for one size.

    ``not_fused``: kinds of modules that stay, because an engine computes their replacements more slowly.
    """
    copied = deepcopy(model).eval()
    _replace_within(copied, any_size=any_size, not_fused=not_fused)
    return copied


def _replace_within(module: nn.Module, *, any_size: bool, not_fused: Collection[type]) -> None:
    """Outer modules first: a replacement may hold modules that are replaced themselves."""
    for name, part in module.named_children():
        if type(part) not in not_fused:
            setattr(module, name, cheaper(part, any_size=any_size))
        _replace_within(getattr(module, name), any_size=any_size, not_fused=not_fused)


def cheaper(part: nn.Module, *, any_size: bool = False) -> nn.Module:
    """The cheaper equivalent of one module; the module itself where there is none."""
    if isinstance(part, ResizedConv) and part.is_plain() and not any_size:
        return ConvBeforeResize(part)
    if isinstance(part, UpsampleConv) and part.is_plain():
        return FoldedUpsampleConv(part)
    if isinstance(part, BilinearUpsample):
        return ConvBilinearUpsample(part)
    if type(part) is nn.Sequential:
        return _relu_before_shuffle(part)
    if type(part) is SoftmaxAttention and is_separable(part):
        return SeparateAttention(part)
    if isinstance(part, StandardisedConv):
        return part.settled()
    if type(part) is nn.Conv2d and is_patchable(part):
        return PatchConv(part)
    return part


def _relu_before_shuffle(layers: nn.Sequential) -> nn.Sequential:
    """Convolution, pixel shuffle, ReLU: the ReLU moves to the convolution, the shuffle copies blocks of channels."""
    changed = list(layers)
    for index in range(len(changed) - 2):
        conv, shuffle, relu = changed[index : index + 3]
        if type(conv) is nn.Conv2d and type(shuffle) is nn.PixelShuffle and type(relu) is nn.ReLU:
            factor = shuffle.upscale_factor
            changed[index : index + 3] = [block_ordered(conv, factor), relu, BlockShuffle(factor)]
    return layers if changed == list(layers) else nn.Sequential(*changed)  # whose layers may have names
