"""A model whose parts are replaced by equal ones that cost less: what engines run. Equal up to rounding, not trainable.

Training keeps the plain parts, whose weights are those of the checkpoints.
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


def fuse_for_inference(model: DepthModel, *, any_size: bool = False, leaving: Collection[type] = ()) -> DepthModel:
    """A copy that gives the same maps, sooner. ``any_size``: without parts that are made for the size that comes.

    ``leaving``: kinds of parts that stay, since an engine computes their equals more slowly.
    """
    copied = deepcopy(model).eval()
    _replace_within(copied, any_size=any_size, leaving=leaving)
    return copied


def _replace_within(module: nn.Module, *, any_size: bool, leaving: Collection[type]) -> None:
    """Outer parts first: what replaces one may hold parts that are replaced themselves."""
    for name, part in module.named_children():
        if type(part) not in leaving:
            setattr(module, name, cheaper(part, any_size=any_size))
        _replace_within(getattr(module, name), any_size=any_size, leaving=leaving)


def cheaper(part: nn.Module, *, any_size: bool = False) -> nn.Module:
    """The equal of one part; the part itself where there is none."""
    if isinstance(part, ResizedConv) and part.is_plain() and not any_size:
        return ConvBeforeResize(part)
    if isinstance(part, UpsampleConv) and part.is_plain():
        return FoldedUpsampleConv(part)
    if isinstance(part, BilinearUpsample):
        return ConvBilinearUpsample(part)
    if type(part) is nn.Sequential:
        return _shuffled_late(part)
    if type(part) is SoftmaxAttention and is_separable(part):
        return SeparateAttention(part)
    if isinstance(part, StandardisedConv):
        return part.settled()
    if type(part) is nn.Conv2d and is_patchable(part):
        return PatchConv(part)
    return part


def _shuffled_late(layers: nn.Sequential) -> nn.Sequential:
    """Convolution, pixel shuffle, ReLU: the ReLU joins the convolution, and the shuffle copies runs of channels."""
    changed = list(layers)
    for index in range(len(changed) - 2):
        conv, shuffle, relu = changed[index : index + 3]
        if type(conv) is nn.Conv2d and type(shuffle) is nn.PixelShuffle and type(relu) is nn.ReLU:
            factor = shuffle.upscale_factor
            changed[index : index + 3] = [block_ordered(conv, factor), relu, BlockShuffle(factor)]
    return nn.Sequential(*changed)
