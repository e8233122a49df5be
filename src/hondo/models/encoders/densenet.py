"""DenseNets whose maps are taken after the transitions, where they are narrow and already shrunk."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.types import Size
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD
from hondo.models.encoders.timm_features import fetched

TAPS = ("norm0", "pool0", "transition1", "transition2", "norm5")  # the third transition's map has norm5's stride


class TransitionDenseNet(nn.Module):
    """timm's DenseNet, cut at ``TAPS``: strides 2 to 32."""

    strides = (2, 4, 8, 16, 32)
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    is_fixed = False

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.features = network.features
        stem = self.features.norm0.num_features
        first, second = self.features.transition1, self.features.transition2
        self.channels = (
            stem,
            stem,
            first.conv.out_channels,
            second.conv.out_channels,
            self.features.norm5.num_features,
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        maps = []
        for name, layer in self.features.named_children():
            image = layer(image)
            if name in TAPS:
                maps.append(image)
        return maps


def densenet121(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> TransitionDenseNet:
    """DenseNet-121 (BTS)."""
    return TransitionDenseNet(fetched("densenet121", pretrained=pretrained, in_chans=in_channels))


def densenet161(*, in_channels: int = 3, pretrained: bool = False, size_hw: Size | None = None) -> TransitionDenseNet:
    """DenseNet-161 (BTS)."""
    return TransitionDenseNet(fetched("densenet161", pretrained=pretrained, in_chans=in_channels))
