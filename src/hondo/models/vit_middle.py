"""ViT middle: a CNN encoder and decoder with two transformer blocks between them."""

from hondo.core.types import DepthKind, Size
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.depth import DepthModel
from hondo.models.encoder_decoder import EncoderDecoder
from hondo.models.encoders.bottleneck import BottleneckTransformer
from hondo.models.encoders.build import build_encoder
from hondo.models.monodepth2 import RESNET18, SIZE_HW, resnet_spec


def vit_middle(*, encoder: str = RESNET18, pretrained: bool = False, size_hw: Size = SIZE_HW) -> DepthModel:
    features = BottleneckTransformer(
        build_encoder(encoder, pretrained=pretrained, size_hw=size_hw), blocks=2, num_heads=8, mlp_ratio=4
    )
    decoder = UNetDisparity(channels=features.channels, strides=features.strides)
    return DepthModel(
        EncoderDecoder(features, decoder),
        name="vit-middle",
        kind=DepthKind.SCALED_INVERSE_DEPTH,
        input_spec=resnet_spec(size_hw),
    )
