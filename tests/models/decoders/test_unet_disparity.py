"""The U-Net decoder fits any pyramid of powers of two."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.unet_disparity import UNetDisparity


@pytest.mark.parametrize("strides", [(2, 4, 8, 16, 32), (4, 8, 16, 32), (16,), (1, 2, 4, 8, 16), (8, 64)])
def test_any_pyramid_gives_four_scales(strides: tuple[int, ...]) -> None:
    channels = tuple(range(3, 3 + len(strides)))
    decoder = UNetDisparity(channels=channels, strides=strides, width=0.25)
    features = [torch.rand(1, c, 64 // s, 128 // s) for c, s in zip(channels, strides, strict=True)]
    assert [tuple(x.shape[-2:]) for x in decoder(features)] == [(64, 128), (32, 64), (16, 32), (8, 16)]


def test_every_feature_map_is_used() -> None:
    decoder = UNetDisparity(channels=(3, 4, 5), strides=(2, 4, 16), width=0.25)
    features = [torch.rand(1, c, 64 // s, 64 // s, requires_grad=True) for c, s in ((3, 2), (4, 4), (5, 16))]
    decoder(features)[0].sum().backward()
    assert all(feature.grad is not None and feature.grad.abs().sum() > 0 for feature in features)


def test_half_precision_keeps_the_far_end() -> None:
    decoder = UNetDisparity(channels=(4,), strides=(16,), width=0.25)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert decoder([torch.rand(1, 4, 2, 2)])[0].dtype == torch.float32


@pytest.mark.parametrize("strides", [(2, 4, 8), (14,), (3, 6, 12, 24)])
def test_other_pyramids_are_refused(strides: tuple[int, ...]) -> None:
    with pytest.raises(HondoError, match="powers of two"):
        UNetDisparity(channels=(4,) * len(strides), strides=strides)
