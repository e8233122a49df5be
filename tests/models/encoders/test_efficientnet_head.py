"""EfficientNets with the convolution in front of their classifier."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.encoders.efficientnet_head import headed_efficientnet
from hondo.models.encoders.encoder import IMAGENET_MEAN, IMAGENET_STD, Encoder


def test_maps_are_as_declared_the_deepest_with_the_heads_channels() -> None:
    encoder = headed_efficientnet(
        "timm:tf_efficientnet_lite0", pretrained=False, mean=IMAGENET_MEAN, std=IMAGENET_STD
    ).eval()
    assert isinstance(encoder, Encoder) and encoder.channels == (16, 24, 40, 112, 1280)
    with torch.no_grad():
        maps = encoder(torch.rand(1, 3, 64, 96))
    declared = [(c, 64 // s, 96 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)]
    assert [tuple(x.shape[1:]) for x in maps] == declared


def test_other_networks_are_refused() -> None:
    for name in ("timm:resnet18", "no_such_network"):
        with pytest.raises(HondoError, match="no EfficientNet of timm"):
            headed_efficientnet(name, pretrained=False, mean=IMAGENET_MEAN, std=IMAGENET_STD)
