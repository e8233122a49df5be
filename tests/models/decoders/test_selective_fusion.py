"""GLPN's decoder."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.selective_fusion import STRIDES, SelectiveFusionDecoder


@pytest.mark.parametrize("channels", [(8, 5, 6, 7), (4, 5, 6, 7)])
def test_full_size_within_the_range_and_a_gradient_in_every_parameter(channels: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    decoder = SelectiveFusionDecoder(channels=channels, strides=STRIDES, max_depth=10, width=8)
    (depth,) = decoder([torch.randn(2, c, 64 // s, 96 // s) for c, s in zip(channels, STRIDES, strict=True)])
    assert depth.shape == (2, 1, 64, 96) and depth.min() > 0 and depth.max() < 10
    depth.sum().backward()
    assert all(p.grad is not None for p in decoder.parameters())
    assert isinstance(decoder.reduce[0], torch.nn.Identity) is (channels[0] == 8)


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(HondoError, match="needs an encoder with strides"):
        SelectiveFusionDecoder(channels=(8, 8), strides=(2, 4), max_depth=10)
    with pytest.raises(HondoError, match="positive metres"):
        SelectiveFusionDecoder(channels=(8,) * 4, strides=STRIDES, max_depth=-1)
