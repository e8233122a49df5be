"""GLPN (Kim et al. 2022): SegFormer's encoder under selective feature fusion; metres. Takes RGB 0..1 as it is."""

from typing import Any

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.selective_fusion import SelectiveFusionDecoder
from hondo.models.encoders.registry import build_encoder
from hondo.models.published.glpn import read
from hondo.models.registry.variant import Origin, variant_of

published = Origin(source="github.com/vinvino02/GLPDepth", licence="not stated", read=read)


@published
def glpn_kitti(
    *, encoder: str = "mit-b4", width: int = 64, max_depth: float = 80.0, size_hw: Size = (352, 1216)
) -> DepthModel:
    """``encoder``: mit-b0, mit-b4, or any with strides 4 to 32."""
    features = build_encoder(encoder, size_hw=size_hw)
    decoder = SelectiveFusionDecoder(
        channels=features.channels, strides=features.strides, max_depth=max_depth, width=width
    )
    network = EncoderDecoder(features, decoder)
    spec = InputSpec(size_hw=size_hw, multiple_of=max(features.strides), fixed=features.is_fixed)
    return DepthModel(network, name="glpn", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@published
@variant_of(glpn_kitti)
def glpn_nyu(*, max_depth: float = 10.0, size_hw: Size = (480, 640), **options: Any) -> DepthModel:
    """Metres up to 10, trained on NYU Depth v2."""
    return glpn_kitti(max_depth=max_depth, size_hw=size_hw, **options)
