"""A convolution of a doubled map equals its cheaper form, borders included."""

import pytest
import torch
from torch import nn

from hondo.nn.blocks import ConvReflect, conv_elu
from hondo.nn.doubled_conv import ConvOfDoubled, ConvOfSmall, doubled_kernel


def layers(kind: str, inputs: int, outputs: int) -> nn.Sequential:
    return (
        conv_elu(inputs, outputs)
        if kind == "reflect"
        else nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(outputs))
    )


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 5), (6, 4)])
@pytest.mark.parametrize("skip_channels", [0, 3])
@pytest.mark.parametrize("kind", ["zeros", "reflect"])
def test_the_small_form_gives_the_same_map(kind, skip_channels, size_hw) -> None:
    torch.manual_seed(0)
    doubled = ConvOfDoubled(*layers(kind, 5 + skip_channels, 4), skip_channels=skip_channels).eval()
    x = torch.randn(2, 5, *size_hw)
    skip = torch.randn(2, skip_channels, 2 * size_hw[0], 2 * size_hw[1]) if skip_channels else None
    wanted = doubled(x, skip)
    assert wanted.shape == (2, 4, 2 * size_hw[0], 2 * size_hw[1])
    torch.testing.assert_close(ConvOfSmall(doubled)(x, skip), wanted, rtol=1e-5, atol=1e-6)


def test_the_kernel_of_four_sums_taps_that_meet_the_same_cell() -> None:
    weight = torch.arange(9.0).reshape(1, 1, 3, 3)
    kernel = doubled_kernel(weight)[0, 0]
    assert kernel[0, 0] == 8 and kernel[3, 3] == 0  # one corner tap alone
    assert kernel[1, 1] == 4 + 5 + 7 + 8 and kernel[2, 2] == 0 + 1 + 3 + 4
    assert kernel.sum() == 4 * weight.sum()  # four places of the doubled map


def test_weights_of_the_small_form_are_copies() -> None:
    doubled = ConvOfDoubled(ConvReflect(3, 2), skip_channels=1).eval()
    small = ConvOfSmall(doubled)
    with torch.no_grad():
        doubled[0].conv.weight.zero_()
    assert small.small.weight.abs().sum() > 0


def test_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    doubled = ConvOfDoubled(*layers("zeros", 5, 4), skip_channels=2)
    doubled(torch.randn(1, 3, 4, 4), torch.randn(1, 2, 8, 8)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in doubled.parameters())
