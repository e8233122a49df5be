"""ManyDepth: monodepth2's networks with a cost volume over the frame before (Watson et al. 2021)."""

from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Size
from hondo.models.base.multi_frame import MatchingNetwork, MultiFrameModel
from hondo.models.base.pose_model import PoseModel
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.encoders.matching import MatchingResNet
from hondo.models.encoders.timm_features import timm_encoder
from hondo.models.families.monodepth2 import RESNET18, RESNET50, SIZE_HW, monodepth2_pose, resnet_spec
from hondo.models.published.manydepth import read_depth
from hondo.models.published.monodepth2 import read_pose
from hondo.models.registry.variant import Origin, variant_of

NUM_DEPTHS = 96
DEPTH_RANGE = (0.1, 20.0)  # before training has adapted it, in the unit of the poses
SOURCE = "github.com/nianticlabs/manydepth"
LICENCE = "ManyDepth licence (Niantic): non-commercial use"
published = Origin(source=SOURCE, licence=LICENCE, read=read_depth)


@published
def manydepth(
    *,
    encoder: str = RESNET18,
    pretrained: bool = False,
    size_hw: Size = SIZE_HW,
    num_depths: int = NUM_DEPTHS,
    depth_range: tuple[float, float] = DEPTH_RANGE,
    pose_network: bool = True,
    pose_encoder: str = RESNET18,
) -> MultiFrameModel:
    """``encoder``: a ResNet of timm. ``depth_range`` of fresh weights. ``pose_network``: part of the model or not."""
    if num_depths < 2 or not 0 < depth_range[0] < depth_range[1]:
        raise HondoError(f"matching needs 2 or more depths, 0 < near < far; got {num_depths} between {depth_range}")
    features = MatchingResNet(
        timm_encoder(encoder.removeprefix("timm:"), pretrained=pretrained),
        num_depths=num_depths,
        depth_range=depth_range,
    )
    decoder = UNetDisparity(channels=features.channels, strides=features.strides)
    pose = monodepth2_pose(encoder=pose_encoder, pretrained=pretrained, size_hw=size_hw) if pose_network else None
    return MultiFrameModel(
        MatchingNetwork(features, decoder),
        pose=pose,
        name="manydepth",
        kind=DepthKind.SCALED_INVERSE_DEPTH,
        input_spec=resnet_spec(size_hw),
    )


@published
@variant_of(manydepth)
def manydepth_resnet50(*, encoder: str = RESNET50, **options: Any) -> MultiFrameModel:
    """On a ResNet-50."""
    return manydepth(encoder=encoder, **options)


@Origin(source=SOURCE, licence=LICENCE, read=read_pose)
@variant_of(monodepth2_pose)
def manydepth_pose(**options: Any) -> PoseModel:
    """The pose network of ManyDepth's folders by itself; it gives ``T_next_image``, not inverted."""
    return monodepth2_pose(**options)
