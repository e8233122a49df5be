"""Split, concatenate, shuffle."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.decoders.split_shuffle_unet import SplitShuffle, SplitShuffleUNet, shuffled


def test_the_halves_take_turns() -> None:
    x = torch.arange(6.0).view(1, 6, 1, 1).expand(1, 6, 2, 3)
    assert shuffled(x)[0, :, 0, 0].tolist() == [0, 3, 1, 4, 2, 5]


def test_one_half_passes_as_it_is() -> None:
    x = torch.rand(2, 8, 7, 9)
    out = SplitShuffle(8).eval()(x)
    assert out.shape == x.shape and torch.equal(out[:, ::2], x[:, :4]) and not torch.equal(out[:, 1::2], x[:, 4:])


def test_every_parameter_gets_a_gradient() -> None:
    block = SplitShuffle(8)
    block(torch.rand(2, 8, 7, 9)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in block.parameters())


def test_an_odd_number_of_channels_is_refused() -> None:
    with pytest.raises(HondoError, match="7 is odd"):
        SplitShuffle(7)


@pytest.mark.parametrize("strides", [(2, 4, 8, 16, 32), (4, 8, 16, 32), (7, 14)])
def test_one_positive_map_of_the_images_size(strides: tuple[int, ...]) -> None:
    channels = tuple(range(3, 3 + len(strides)))
    side = strides[-1]
    features = [
        torch.randn(2, c, 2 * side // s, 3 * side // s, requires_grad=True)
        for c, s in zip(channels, strides, strict=True)
    ]
    (depth,) = SplitShuffleUNet(channels=channels, strides=strides)(features)
    assert depth.shape == (2, 1, 2 * side, 3 * side) and depth.min() > 0
    depth.sum().backward()
    assert all(feature.grad is not None for feature in features)
