"""EfficientNets whose deepest map goes through the 1x1 convolution that their classifier stood on."""

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.timm_features import fetched, is_timm_name


class HeadedEfficientNet(nn.Module):
    """The last map of each stride, the deepest after ``conv_head`` (no normalisation, no activation)."""

    is_fixed = False

    def __init__(self, network: Any, *, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.conv_stem, self.bn1, self.blocks = network.conv_stem, network.bn1, network.blocks
        self.conv_head = network.conv_head
        self.mean, self.std = mean, std
        facts = list(network.feature_info)
        self.kept = [int(fact["module"].removeprefix("blocks.")) for fact in facts]
        self.strides: tuple[int, ...] = tuple(fact["reduction"] for fact in facts)
        self.channels = (*(fact["num_chs"] for fact in facts[:-1]), network.conv_head.out_channels)

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        x, features = self.bn1(self.conv_stem(image)), []
        for index, stage in enumerate(self.blocks):
            x = stage(x)
            if index in self.kept:
                features.append(x)
        return [*features[:-1], self.conv_head(x)]


def headed_efficientnet(
    name: str, *, pretrained: bool, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> HeadedEfficientNet:
    """``name``: an EfficientNet of timm, with or without the prefix "timm:"."""
    timm_name = name.removeprefix("timm:")
    architecture, timm = timm_name.partition(".")[0], import_timm()
    if not is_timm_name(timm_name) or architecture not in timm.list_models("*efficientnet_*", module="efficientnet"):
        raise HondoError(f"encoder '{name}' is no EfficientNet of timm; choose one such as tf_efficientnet_b5.ap_in1k")
    return HeadedEfficientNet(fetched(timm_name, pretrained=pretrained), mean=mean, std=std)
