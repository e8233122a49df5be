"""U-Net depth models: any encoder under monodepth2's decoder. One variant is one function that only states numbers."""

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.depth import DepthModel
from hondo.models.encoder_decoder import EncoderDecoder
from hondo.models.encoders.build import build_encoder

SIZE_HW = (192, 640)


def unet(
    *,
    encoder: str = "timm:resnet18",
    pretrained: bool = False,
    size_hw: Size = SIZE_HW,
    width: float = 1.0,
    min_depth: float = 0.1,
    max_depth: float = 100.0,
    kind: str = DepthKind.SCALED_INVERSE_DEPTH,
) -> DepthModel:
    """``encoder``: of ENCODERS or timm. ``width`` scales the decoder; depths in the training's unit."""
    features = build_encoder(encoder, pretrained=pretrained)
    decoder = UNetDisparity(
        channels=features.channels, strides=features.strides, width=width, min_depth=min_depth, max_depth=max_depth
    )
    spec = InputSpec(size_hw=size_hw, multiple_of=max(features.strides), mean=features.mean, std=features.std)
    return DepthModel(EncoderDecoder(features, decoder), name="unet", kind=DepthKind(kind), input_spec=spec)


def unet_light(*, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="light", width=0.5, size_hw=size_hw)


def unet_resnet18(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:resnet18", pretrained=pretrained, size_hw=size_hw)


def unet_resnet50(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:resnet50", pretrained=pretrained, size_hw=size_hw)


def unet_mobilenetv3(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:mobilenetv3_large_100", pretrained=pretrained, size_hw=size_hw)


def unet_efficientnet_b0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:efficientnet_b0", pretrained=pretrained, size_hw=size_hw)


def unet_convnext_atto(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:convnext_atto", pretrained=pretrained, size_hw=size_hw)


def unet_pvtv2_b0(*, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    return unet(encoder="timm:pvt_v2_b0", pretrained=pretrained, size_hw=size_hw)
