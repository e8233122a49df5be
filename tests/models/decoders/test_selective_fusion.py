"""Selective feature fusion."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.selective_fusion import STRIDES, SelectiveFusion, SelectiveFusionDecoder


def test_equal_weights_are_half_the_sum() -> None:
    fusion = SelectiveFusion(4).eval()
    torch.nn.init.zeros_(fusion.weigh[2].weight)
    torch.nn.init.zeros_(fusion.weigh[2].bias)
    local, wide = torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)
    assert torch.allclose(fusion(local, wide), (local + wide) / 2, atol=1e-6)


def test_the_first_weight_is_the_local_maps() -> None:
    fusion = SelectiveFusion(4).eval()
    torch.nn.init.zeros_(fusion.weigh[2].weight)
    with torch.no_grad():
        fusion.weigh[2].bias.copy_(torch.tensor([100.0, -100.0]))
    local, wide = torch.randn(1, 4, 3, 5), torch.randn(1, 4, 3, 5)
    assert torch.allclose(fusion(local, wide), local)


def test_every_parameter_gets_a_gradient() -> None:
    fusion = SelectiveFusion(4)
    fusion(torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)).square().sum().backward()
    assert all(p.grad is not None for p in fusion.parameters())


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
