"""Pose networks: the camera's motion between two images, learnt together with depth from video."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import InputSpec
from hondo.geometry.pose import T_from_axis_angle
from hondo.models.base.depth_model import Normalise, check_image, pad_to_multiple
from hondo.models.encoders.encoder import Encoder

WIDTH = 256  # channels of the convolutions on the encoder's coarsest map
MOTION_SCALE = 0.01  # keeps the initial poses near the identity (Zhou et al. 2017; monodepth2)


class PoseModel(nn.Module):
    """Two RGB images in 0..1 to ``T_next_image``, which takes points from the first camera's frame to the second's.

    The translation is in the unit of the depth model that was trained with it. ``network`` takes both normalised images
    concatenated (b 6 h w), and returns an axis-angle rotation [rad] and a translation (b 6).
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
    """An encoder with six input channels; the motion is the mean over the pixels of a convolutional head's output."""

    def __init__(self, encoder: Encoder, *, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = _motion_head(encoder.channels[-1], width=width, images=1)

    def forward(self, pair: Float[Tensor, "b 6 h w"]) -> Float[Tensor, "b 6"]:
        return MOTION_SCALE * self.head(self.encoder(pair)[-1]).mean((2, 3))


class SharedPoseNetwork(nn.Module):
    """Runs a depth network's encoder on each image; the head takes both feature maps (monodepth2's "shared")."""

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
    """A 1x1 convolution for each image's features, then three convolutions over those of all ``images``."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(images * width, width, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, 6, 1),
    )
