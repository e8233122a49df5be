"""Parts of timm's networks that are replaced by ours: graphs for any size cannot be traced through them.

They find their padding by rounding quotients, or cut masks into slices, which leaves terms in the symbols of the size
that no later layer can simplify. Ours give the same values; the names of the weights stay.
"""

from importlib import import_module
from typing import Any, TypeVar

from torch import nn

from hondo.models.base.torchvision_guard import import_timm
from hondo.nn.blocks.standardised_conv import SameConv, SameMaxPool
from hondo.nn.blocks.swin_block import SwinBlock

T = TypeVar("T", bound=nn.Module)


def with_own_parts(network: T) -> T:
    """The network itself, its parts replaced in place."""
    for parent in list(network.modules()):
        for name, part in parent.named_children():
            own = own_part(part)
            if own is not part:
                setattr(parent, name, own)
    return network


def own_part(part: nn.Module) -> nn.Module:
    """Ours in place of timm's; the part itself where there is none."""
    timm = import_timm()
    if type(part) is timm.models.swin_transformer.SwinTransformerBlock:
        return SwinBlock(part)
    if type(part) is timm.layers.Conv2dSame:
        return _same_conv(part)
    if type(part) is import_module("timm.layers.pool2d_same").MaxPool2dSame:
        return _same_pool(part)
    return part


def _same_conv(conv: Any) -> nn.Module:
    is_square = len({*conv.kernel_size}) == len({*conv.stride}) == 1
    if conv.bias is not None or conv.dilation != (1, 1) or not is_square:
        return conv
    own = SameConv(conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride[0], groups=conv.groups)
    own.weight = conv.weight
    return own


def _same_pool(pool: Any) -> nn.Module:
    is_square = len({*pool.kernel_size}) == len({*pool.stride}) == 1
    return SameMaxPool(pool.kernel_size[0], stride=pool.stride[0]) if is_square and pool.dilation == (1, 1) else pool
