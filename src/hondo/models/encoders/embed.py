"""From an image to the grid of tokens that a vision transformer starts from: by patches, or by a CNN (hybrid ViTs).

Each returns the CNN's finer maps too, which DPT's decoder reads beside the transformer's.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.base.timm_parts import with_own_parts
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.encoder import Pretrained
from hondo.models.encoders.timm_features import TimmEncoder, timm_encoder
from hondo.nn.blocks.standardised_conv import StandardisedConv

Maps = list[Float[Tensor, "b _ _ _"]]


class PatchEmbed(nn.Module):
    """One linear layer a patch."""

    channels: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()

    def __init__(self, *, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, stride=patch)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> tuple[Maps, Float[Tensor, "b d _ _"]]:
        return [], self.proj(image)


class ResNetEmbed(nn.Module):
    """Three stages of a ResNet-50 with group norm and standardised weights, to 1/16 (timm's vit_base_r50_s16_384)."""

    channels = (256, 512)
    strides = (4, 8)

    def __init__(self, *, dim: int) -> None:
        super().__init__()
        self.backbone: Any = import_timm().models.resnetv2.ResNetV2(
            layers=(3, 4, 9),
            num_classes=0,
            global_pool="",
            preact=False,
            stem_type="same",
            conv_layer=StandardisedConv,
        )
        with_own_parts(self.backbone)
        self.proj = nn.Conv2d(1024, dim, 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> tuple[Maps, Float[Tensor, "b d _ _"]]:
        x, maps = self.backbone.stem(image), []
        for stage in self.backbone.stages:
            x = stage(x)
            maps.append(x)
        return maps[:2], self.proj(x)


class EfficientNetEmbed(nn.Module):
    """EfficientNet-B0 to its 1280 channels at 1/32, and a transposed convolution back to 1/16."""

    channels = (24, 40)
    strides = (4, 8)

    def __init__(self, *, dim: int) -> None:
        super().__init__()
        self.backbone: Any = import_timm().create_model("efficientnet_b0", num_classes=0, global_pool="")
        self.proj = nn.ConvTranspose2d(1280, dim, 2, stride=2)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> tuple[Maps, Float[Tensor, "b d _ _"]]:
        x, maps = self.backbone.bn1(self.backbone.conv_stem(image)), []
        for stage in self.backbone.blocks:
            x = stage(x)
            maps.append(x)
        return maps[1:3], self.proj(self.backbone.bn2(self.backbone.conv_head(x)))


def without_unread_stages(encoder: TimmEncoder) -> TimmEncoder:
    """Itself, without the stages after the last map: timm leaves them in EfficientNets and MobileNets."""
    read = getattr(encoder.network, "_stage_out_idx", None)
    if read:
        encoder.network.blocks = encoder.network.blocks[: max(read)]
    return encoder


class CNNEmbed(nn.Module):
    """Any network of timm with maps at 1/4, 1/8 and 1/16; the last becomes the tokens, later stages are not built."""

    strides = (4, 8)

    def __init__(self, name: str, *, dim: int, pretrained: Pretrained = False) -> None:
        super().__init__()
        with torch.device("meta"):
            strides = timm_encoder(name).network.feature_info.reduction()
        if not {4, 8, 16} <= set(strides):
            raise HondoError(f"'{name}' has no maps at 1/4, 1/8 and 1/16 of the image; choose a CNN that has")
        places = [max(index for index, each in enumerate(strides) if each == stride) for stride in (4, 8, 16)]
        self.backbone = without_unread_stages(timm_encoder(name, pretrained=pretrained, out_indices=tuple(places)))
        self.channels = self.backbone.channels[:2]
        self.proj = nn.Conv2d(self.backbone.channels[2], dim, 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> tuple[Maps, Float[Tensor, "b d _ _"]]:
        *maps, last = self.backbone(image)
        return maps, self.proj(last)


Embed = PatchEmbed | ResNetEmbed | EfficientNetEmbed | CNNEmbed
