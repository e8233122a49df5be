"""monodepth2: depth from one image, learnt from video or stereo pairs (Godard et al. 2019). ResNet, U-Net decoder."""

from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec, Size
from hondo.geometry.depth_units import MAX_DEPTH, MIN_DEPTH
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.base.pose_model import WIDTH, PoseModel, PoseNetwork, SharedPoseNetwork
from hondo.models.decoders.unet_disparity import UNetDisparity
from hondo.models.encoders.registry import build_encoder
from hondo.models.published.monodepth2 import read_depth, read_pose
from hondo.models.registry.variant import Origin, variant_of

RESNET18, RESNET50 = "timm:resnet18.tv_in1k", "timm:resnet50.tv_in1k"  # torchvision's weights, as the authors took
SIZE_HW = (192, 640)
MEAN, STD = (0.45, 0.45, 0.45), (0.225, 0.225, 0.225)
KITTI_BASELINE_M = 0.54
TRAINING_BASELINE = 0.1  # of every stereo pair, in the unit of stereo training
LICENCE = "monodepth2 licence (Niantic): non-commercial use"
published = Origin(source="github.com/nianticlabs/monodepth2", licence=LICENCE, read=read_depth)
published_pose = Origin(source="github.com/nianticlabs/monodepth2", licence=LICENCE, read=read_pose)


@published
def monodepth2(
    *,
    encoder: str = RESNET18,
    pretrained: bool = False,
    size_hw: Size = SIZE_HW,
    stereo: bool = False,
    baseline_m: float = KITTI_BASELINE_M,
) -> DepthModel:
    """``stereo``: weights trained with stereo pairs, whose baseline of ``baseline_m`` gives inverse metres."""
    if baseline_m <= 0:
        raise HondoError(f"baseline_m must be positive metres, got {baseline_m:g}")
    features = build_encoder(encoder, pretrained=pretrained, size_hw=size_hw)
    metres = baseline_m / TRAINING_BASELINE if stereo else 1.0
    decoder = UNetDisparity(
        channels=features.channels,
        strides=features.strides,
        min_depth=metres * MIN_DEPTH,
        max_depth=metres * MAX_DEPTH,
    )
    kind = DepthKind.METRIC_INVERSE_DEPTH if stereo else DepthKind.SCALED_INVERSE_DEPTH
    spec = resnet_spec(size_hw)
    return DepthModel(EncoderDecoder(features, decoder), name="monodepth2", kind=kind, input_spec=spec)


@published
@variant_of(monodepth2)
def monodepth2_resnet50(*, encoder: str = RESNET50, **options: Any) -> DepthModel:
    """On a ResNet-50."""
    return monodepth2(encoder=encoder, **options)


@published_pose
def monodepth2_pose(
    *, encoder: str = RESNET18, pretrained: bool = False, size_hw: Size = SIZE_HW, shared: bool = False
) -> PoseModel:
    """The separate pose network; ``shared``: the one on top of the depth network's encoder."""
    features = build_encoder(encoder, in_channels=3 if shared else 6, pretrained=pretrained, size_hw=size_hw)
    network = (SharedPoseNetwork if shared else PoseNetwork)(features, width=WIDTH)
    return PoseModel(network, name="monodepth2-pose", input_spec=resnet_spec(size_hw))


def resnet_spec(size_hw: Size) -> InputSpec:
    """What the ResNets of this line want of their images, whoever trained them first."""
    return InputSpec(size_hw=size_hw, multiple_of=32, mean=MEAN, std=STD)
