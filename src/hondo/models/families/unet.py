"""U-Net depth models: any encoder under monodepth2's decoder. One variant is one function that only states numbers."""

from hondo.core.errors import HondoError, unknown
from hondo.core.types import DepthKind, Size
from hondo.models.base.completion import CHANNELS, CompletionModel
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.encoders.encoder import Pretrained
from hondo.models.encoders.registry import build_encoder, encoder_spec

SIZE_HW = (192, 640)


def unet(
    *,
    encoder: str = "timm:resnet18",
    pretrained: Pretrained = False,
    size_hw: Size = SIZE_HW,
    width: float = 1.0,
    min_depth: float = 0.1,
    max_depth: float = 100.0,
    kind: str | None = None,
    in_channels: int = 3,
) -> DepthModel:
    """``encoder``: of ENCODERS or timm. ``width`` scales the decoder; depths in the training's unit.

    ``in_channels=5``: depth completion, in metres: RGB, measured depth, and a mask of where it was measured.
    ``kind``: None is scaled_inverse_depth, and metric_inverse_depth of completion.
    """
    if in_channels not in (3, CHANNELS):
        raise HondoError(f"in_channels must be 3 (an image) or {CHANNELS} (with measured depth), got {in_channels}")
    features = build_encoder(encoder, in_channels=in_channels, pretrained=pretrained, size_hw=size_hw)
    decoder = UNetDisparity(
        channels=features.channels, strides=features.strides, width=width, min_depth=min_depth, max_depth=max_depth
    )
    spec = encoder_spec(features, size_hw=size_hw)
    make, usual = (
        (DepthModel, "scaled_inverse_depth") if in_channels == 3 else (CompletionModel, "metric_inverse_depth")
    )
    return make(EncoderDecoder(features, decoder), name="unet", kind=_kind(kind or usual), input_spec=spec)


def _kind(name: str) -> DepthKind:
    if name not in list(DepthKind):
        raise unknown("kind of depth", name, list(DepthKind))
    return DepthKind(name)


def unet_light(*, size_hw: Size = SIZE_HW) -> DepthModel:
    """On the light encoder, with a decoder of half the width."""
    return unet(encoder="light", width=0.5, size_hw=size_hw)


def unet_litehybrid(*, size_hw: Size = SIZE_HW) -> DepthModel:
    """On the LiteHybrid encoder, with a decoder of half the width."""
    return unet(encoder="litehybrid", width=0.5, size_hw=size_hw)


def unet_resnet18(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On a ResNet-18: monodepth2's network."""
    return unet(encoder="timm:resnet18", pretrained=pretrained, size_hw=size_hw)


def unet_resnet50(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On a ResNet-50."""
    return unet(encoder="timm:resnet50", pretrained=pretrained, size_hw=size_hw)


def unet_mobilenetv3(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On MobileNetV3-Large."""
    return unet(encoder="timm:mobilenetv3_large_100", pretrained=pretrained, size_hw=size_hw)


def unet_efficientnet_b0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On EfficientNet-B0."""
    return unet(encoder="timm:efficientnet_b0", pretrained=pretrained, size_hw=size_hw)


def unet_convnext_atto(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On ConvNeXt-Atto."""
    return unet(encoder="timm:convnext_atto", pretrained=pretrained, size_hw=size_hw)


def unet_pvtv2_b0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On PVTv2-B0."""
    return unet(encoder="timm:pvt_v2_b0", pretrained=pretrained, size_hw=size_hw)


def unet_swin_t(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    """On Swin-T."""
    return unet(encoder="timm:swin_tiny_patch4_window7_224", pretrained=pretrained, size_hw=size_hw)
