"""MobileDepth (Wang 2020), from its description: RegNetY-0.6GF under split-concatenate-shuffle blocks, in metres."""

from hondo.core.types import DepthKind, Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.split_shuffle_unet import SplitShuffleUNet
from hondo.models.encoders.encoder import Pretrained
from hondo.models.encoders.registry import build_encoder, encoder_spec


def mobiledepth(
    *, encoder: str = "timm:regnety_006", pretrained: Pretrained = False, size_hw: Size = (224, 224)
) -> DepthModel:
    """``encoder``: of ENCODERS or timm."""
    features = build_encoder(encoder, pretrained=pretrained, size_hw=size_hw)
    decoder = SplitShuffleUNet(channels=features.channels, strides=features.strides)
    spec = encoder_spec(features, size_hw=size_hw)
    return DepthModel(
        EncoderDecoder(features, decoder), name="mobiledepth", kind=DepthKind.METRIC_DEPTH, input_spec=spec
    )
