"""Layers that round: levels, gradients through the rounding, float where nothing is known."""

import pytest
import torch
from torch import nn

from hondo.nn.fake_quantize import FakeQuantized


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (nn.Conv2d(3, 5, 3, stride=2, padding=1, padding_mode="reflect"), torch.rand(2, 3, 8, 8) - 0.3),
        (nn.Conv2d(4, 8, 3, groups=2, dilation=2), torch.rand(1, 4, 9, 9)),
        (nn.Linear(6, 4, bias=False), torch.rand(2, 5, 6)),
    ],
)
def test_close_to_the_float_layer_and_trainable(layer: nn.Module, x: torch.Tensor) -> None:
    rounded = FakeQuantized(layer)
    assert torch.equal(rounded(x), layer(x)), "no range is known: float"
    rounded.is_observing = True
    assert torch.equal(rounded(x), layer(x))
    rounded.is_observing = False
    rounded.settle()
    out = rounded(x)
    assert 0 < (out - layer(x)).abs().max() < 0.05 * layer(x).abs().max()
    out.square().mean().backward()
    assert rounded.weight.grad is not None and rounded.weight.grad.abs().sum() > 0
    assert len((rounded.rounded_weight()[0] / rounded.weight_step[0]).round().unique()) <= 255
    rounded.is_on = False
    assert torch.equal(rounded(x), layer(x))


def test_zero_stays_zero_and_ranges_are_means() -> None:
    rounded = FakeQuantized(nn.Linear(1, 1, bias=False))
    for highest in (1.0, 3.0):
        rounded.observe(torch.tensor([[-1.0], [highest]]))
    rounded.settle()
    assert (float(rounded.low), float(rounded.high)) == (-1, 2) and rounded.zero_point == 85
    assert float(rounded(torch.zeros(1, 1)).detach()) == 0


def test_two_products_fit_16_bits() -> None:
    """As processors without VNNI add them: of an input of 8 bits without sign and a weight."""
    rounded = FakeQuantized(nn.Linear(4, 3))
    levels = (rounded.rounded_weight() / rounded.weight_step[:, None]).round()
    assert levels.abs().max() == 63 and 2 * 255 * levels.abs().max() < 2**15
