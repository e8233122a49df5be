"""AdaBins (Bhat et al. 2021): EfficientNet, a U-Net decoder and a mini-ViT that lays bins over the image's depths."""

from typing import Any

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import EncoderDecoder
from hondo.models.decoders.adaptive_bins import AdaptiveBins, BinnedModel
from hondo.models.decoders.upsample_concat import UpsampleConcat
from hondo.models.encoders.efficientnet_head import headed_efficientnet
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD
from hondo.models.published.adabins import read
from hondo.models.registry.variant import Origin, variant_of
from hondo.nn.blocks.mini_vit import MiniViT

ENCODER = "timm:tf_efficientnet_b5.ap_in1k"
PUBLISHED = Origin(source="github.com/shariqfarooq123/AdaBins", licence="GPL-3.0", read=read)


@PUBLISHED
def adabins_kitti(
    *,
    encoder: str = ENCODER,
    pretrained: bool = False,
    bins: int = 256,
    width: int = 2048,
    dim: int = 128,
    min_depth: float = 1e-3,
    max_depth: float = 80.0,
    size_hw: Size = (352, 1216),
) -> BinnedModel:
    """Metres, at half the image's size.

    ``encoder``: an EfficientNet of timm; ``width``: of the decoder at its deepest; ``dim``: of the mini-ViT's tokens.
    """
    features = headed_efficientnet(encoder, pretrained=pretrained, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    decoder = UpsampleConcat(channels=features.channels, width=width, outputs=dim)
    vit = MiniViT(dim=dim, bins=bins)
    binned = AdaptiveBins(decoder, vit, bins=bins, min_depth=min_depth, max_depth=max_depth)
    spec = InputSpec(size_hw=size_hw, multiple_of=32, mean=features.mean, std=features.std)
    return BinnedModel(EncoderDecoder(features, binned), name="adabins", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@PUBLISHED
@variant_of(adabins_kitti)
def adabins_nyu(*, max_depth: float = 10.0, size_hw: Size = (480, 640), **options: Any) -> BinnedModel:
    """Metres up to 10, trained on NYU Depth v2."""
    return adabins_kitti(max_depth=max_depth, size_hw=size_hw, **options)
