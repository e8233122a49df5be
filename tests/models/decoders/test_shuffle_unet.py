"""The shuffle U-Net decoder fits any pyramid of powers of two."""

import pytest
import torch

from hondo.models.decoders.shuffle_unet import ShuffleUNet

PYRAMIDS = [(2, 4, 8, 16, 32), (4, 8, 16, 32), (16,), (1, 2, 4, 8, 16), (8, 64)]


def features(strides: tuple[int, ...], *, channels: tuple[int, ...]) -> list[torch.Tensor]:
    return [torch.rand(1, c, 64 // s, 128 // s, requires_grad=True) for c, s in zip(channels, strides, strict=True)]


@pytest.mark.parametrize("is_light", [True, False])
@pytest.mark.parametrize("strides", PYRAMIDS)
def test_any_pyramid_gives_four_scales(strides: tuple[int, ...], is_light: bool) -> None:
    channels = tuple(range(3, 3 + len(strides)))
    decoder = ShuffleUNet(channels=channels, strides=strides, width=0.1, is_light=is_light)
    maps = decoder(features(strides, channels=channels))
    assert [tuple(x.shape[-2:]) for x in maps] == [(64, 128), (32, 64), (16, 32), (8, 16)]


def test_every_feature_map_and_every_parameter_is_used() -> None:
    torch.manual_seed(0)
    decoder = ShuffleUNet(channels=(3, 4, 5), strides=(2, 4, 16), width=0.1)
    given = features((2, 4, 16), channels=(3, 4, 5))
    sum(x.sum() for x in decoder(given)).backward()
    assert all(feature.grad is not None and feature.grad.abs().sum() > 0 for feature in given)
    assert all(parameter.grad is not None for parameter in decoder.parameters())
