"""Split, concatenate, shuffle."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.split_shuffle import SplitShuffle, shuffled


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
