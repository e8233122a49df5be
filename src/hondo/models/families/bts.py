"""BTS (Lee et al. 2019): a DenseNet or ResNet under local planar guidance; metres."""

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.planar_guidance import PlanarGuidance
from hondo.models.encoders.encoder import Pretrained
from hondo.models.encoders.registry import build_encoder, encoder_spec
from hondo.models.published.bts import read
from hondo.models.registry.variant import Origin

ENCODER = "densenet161-transitions"
KITTI_HW, NYU_HW = (352, 1216), (480, 640)
KITTI_FOCAL_PX = 715.0873  # for which the authors' network gives metres without a factor

published = Origin(source="github.com/cleinc/bts", licence="GPL-3.0", read=read)


@published
def bts_kitti(
    *,
    encoder: str = ENCODER,
    pretrained: Pretrained = False,
    width: int = 512,
    max_depth: float = 80.0,
    focal_px: float = KITTI_FOCAL_PX,
    size_hw: Size = KITTI_HW,
) -> DepthModel:
    """``encoder``: with strides 2 to 32; the authors' file says which (DenseNet-121/161, ResNet-50/101, ResNeXt).

    ``focal_px``: of the camera, in pixels of its uncropped image; depth grows with it.
    """
    if focal_px <= 0:
        raise HondoError(f"focal_px must be positive pixels, got {focal_px:g}")
    features = build_encoder(encoder, pretrained=pretrained, size_hw=size_hw)
    decoder = PlanarGuidance(
        channels=features.channels,
        strides=features.strides,
        max_depth=max_depth,
        width=width,
        factor=focal_px / KITTI_FOCAL_PX,
    )
    network = EncoderDecoder(features, decoder)
    spec = encoder_spec(features, size_hw=size_hw)
    return DepthModel(network, name="bts", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@published
def bts_nyu(
    *,
    encoder: str = ENCODER,
    pretrained: Pretrained = False,
    width: int = 512,
    max_depth: float = 10.0,
    size_hw: Size = NYU_HW,
) -> DepthModel:
    """No focal length enters: all its images come from one camera."""
    return bts_kitti(encoder=encoder, pretrained=pretrained, width=width, max_depth=max_depth, size_hw=size_hw)
