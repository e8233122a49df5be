"""Pose networks of hondo: on any encoder, or on the encoder of the depth model that they are trained with."""

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.base.pose_model import WIDTH, PoseModel, PoseNetwork, SharedPoseNetwork
from hondo.models.encoders.encoder import Pretrained
from hondo.models.encoders.registry import build_encoder, encoder_spec


def pose(
    *, encoder: str = "timm:resnet18", pretrained: Pretrained = False, width: int = WIDTH, size_hw: Size = (192, 640)
) -> PoseModel:
    """A pose network on any encoder; its first convolution takes both images (monodepth2 uses a ResNet-18)."""
    features = build_encoder(encoder, in_channels=6, pretrained=pretrained, size_hw=size_hw)
    network = PoseNetwork(features, width=width)
    return PoseModel(network, name="pose", input_spec=encoder_spec(features, size_hw=size_hw))


def nano_pose(*, size_hw: Size = (192, 288)) -> PoseModel:
    """The small pose network for training hondo-nano on video: the light encoder, half a million parameters."""
    return pose(encoder="light", width=128, size_hw=size_hw)


def shared_pose(model: DepthModel, *, width: int = WIDTH) -> PoseModel:
    """A pose network on the encoder of a depth model, which both tasks then train (monodepth2's "shared")."""
    if not isinstance(model.network, EncoderDecoder):
        raise HondoError(f"model '{model.name}' has no encoder that a pose network could share; train with a network")
    network = SharedPoseNetwork(model.network.encoder, width=width)
    return PoseModel(network, name="shared-pose", input_spec=model.input_spec)
