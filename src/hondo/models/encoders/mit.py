"""The encoders of SegFormer (Xie et al. 2021): PVTv2 with four times as wide MLPs at every stage."""

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.encoders.timm_features import TimmEncoder, timm_encoder


def mit_b0(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> TimmEncoder:
    return _mit(0, in_channels=in_channels, pretrained=pretrained)


def mit_b4(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> TimmEncoder:
    return _mit(4, in_channels=in_channels, pretrained=pretrained)


def _mit(number: int, *, in_channels: int, pretrained: bool) -> TimmEncoder:
    if pretrained:
        raise HondoError(f"encoder 'mit-b{number}' has no pretrained weights; build it with pretrained=False")
    return timm_encoder(f"pvt_v2_b{number}", in_channels=in_channels, mlp_ratios=(4, 4, 4, 4))
