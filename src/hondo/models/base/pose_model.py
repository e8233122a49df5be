"""Pose networks: how the camera moved between two images, learnt together with depth from video alone."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec, Size
from hondo.geometry.pose import T_from_axis_angle
from hondo.models.base.depth_model import DepthModel, EncoderDecoder, Normalise, check_image, pad_to_multiple
from hondo.models.encoders.encoder import Encoder
from hondo.models.encoders.registry import build_encoder, encoder_spec

WIDTH = 256  # of the convolutions on the encoder's map
MOTION_SCALE = 0.01  # keeps first guesses near no motion (Zhou et al. 2017; monodepth2)


class PoseModel(nn.Module):
    """Two images in RGB 0..1 to ``T_next_image``, which takes points of the first camera to the second's frame.

    Translation is in the unit of the depth model it was trained with. ``network`` takes both images, normalised and
    one behind the other (b 6 h w), and returns axis-angle [rad] and translation (b 6).
    """

    num_images = 2  # images that ``forward`` takes
    kind = "pose"

    def __init__(
        self, network: nn.Module, *, name: str, input_spec: InputSpec, options: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.name = name
        self.input_spec = input_spec
        self.options = dict(options or {})
        self.normalise = Normalise(input_spec)

    def set_input_spec(self, spec: InputSpec) -> None:
        """Another native size or normalisation for the same network."""
        self.input_spec = spec
        self.normalise = Normalise(spec).to(self.normalise.mean.device)

    def forward(self, image: Float[Tensor, "b 3 h w"], next_image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 4 4"]:
        for each in (image, next_image):
            check_image(each, spec=self.input_spec)
        pair = torch.cat([self.normalise(image), self.normalise(next_image)], dim=1)
        motion = self.network(pad_to_multiple(pair, self.input_spec.multiple_of)).float()
        return T_from_axis_angle(motion[:, :3], motion[:, 3:])


class PoseNetwork(nn.Module):
    """An encoder of six channels, and convolutions on its coarsest map whose average is the motion."""

    def __init__(self, encoder: Encoder, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = _motion_head(encoder.channels[-1], width=width, images=1)

    def forward(self, pair: Float[Tensor, "b 6 h w"]) -> Float[Tensor, "b 6"]:
        return MOTION_SCALE * self.head(self.encoder(pair)[-1]).mean((2, 3))


class SharedPoseNetwork(nn.Module):
    """The encoder of a depth network sees each image by itself; the head joins what it saw (monodepth2: shared)."""

    def __init__(self, encoder: Encoder, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = _motion_head(encoder.channels[-1], width=width, images=2)

    def forward(self, pair: Float[Tensor, "b 6 h w"]) -> Float[Tensor, "b 6"]:
        images = pair.unflatten(1, (2, 3)).flatten(0, 1)  # 2b 3 h w
        squeezed = self.head[:2](self.encoder(images)[-1])
        joined = squeezed.unflatten(0, (-1, 2)).flatten(1, 2)  # b 2c h w
        return MOTION_SCALE * self.head[2:](joined).mean((2, 3))


def _motion_head(inputs: int, *, width: int, images: int) -> nn.Sequential:
    """A 1x1 convolution of each image's features, then three of all ``images`` together."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(images * width, width, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 6, 1),
    )


def pose(
    *, encoder: str = "timm:resnet18", pretrained: bool = False, width: int = WIDTH, size_hw: Size = (192, 640)
) -> PoseModel:
    """A pose network on any encoder; its first convolution takes both images (monodepth2's choice: ResNet-18)."""
    features = build_encoder(encoder, in_channels=6, pretrained=pretrained, size_hw=size_hw)
    network = PoseNetwork(features, width=width)
    return PoseModel(network, name="pose", input_spec=encoder_spec(features, size_hw=size_hw))


def nano_pose(*, size_hw: Size = (192, 288)) -> PoseModel:
    """The small pose network that adapts hondo-nano: our light encoder, half a million parameters."""
    return pose(encoder="light", width=128, size_hw=size_hw)


def shared_pose(model: DepthModel, *, width: int = WIDTH) -> PoseModel:
    """A pose network on a depth model's own encoder, which then learns from both (monodepth2's "shared")."""
    if not isinstance(model.network, EncoderDecoder):
        raise HondoError(f"model '{model.name}' has no encoder that a pose network could share; train with a network")
    network = SharedPoseNetwork(model.network.encoder, width=width)
    return PoseModel(network, name="shared-pose", input_spec=model.input_spec)
