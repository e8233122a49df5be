"""A convolution of a doubled map equals its cheaper form, borders included."""

import pytest
import torch
from torch import nn

from hondo.nn.blocks.convolution import ConvReflect, conv_elu
from hondo.nn.upsampling.upsample_conv import (
    BilinearUpsample,
    ConvBilinearUpsample,
    FoldedUpsampleConv,
    UpsampleConv,
    bilinear_kernel,
    transposed_kernel,
)


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
    doubled = UpsampleConv(*layers(kind, 5 + skip_channels, 4), skip_channels=skip_channels).eval()
    x = torch.randn(2, 5, *size_hw)
    skip = torch.randn(2, skip_channels, 2 * size_hw[0], 2 * size_hw[1]) if skip_channels else None
    wanted = doubled(x, skip)
    assert wanted.shape == (2, 4, 2 * size_hw[0], 2 * size_hw[1])
    torch.testing.assert_close(FoldedUpsampleConv(doubled)(x, skip), wanted, rtol=1e-5, atol=1e-6)


def test_the_kernel_of_four_sums_taps_that_meet_the_same_cell() -> None:
    weight = torch.arange(9.0).reshape(1, 1, 3, 3)
    kernel = transposed_kernel(weight)[0, 0]
    assert kernel[0, 0] == 8 and kernel[3, 3] == 0  # one corner tap alone
    assert kernel[1, 1] == 4 + 5 + 7 + 8 and kernel[2, 2] == 0 + 1 + 3 + 4
    assert kernel.sum() == 4 * weight.sum()  # four places of the doubled map


def test_weights_of_the_small_form_are_copies() -> None:
    doubled = UpsampleConv(ConvReflect(3, 2), skip_channels=1).eval()
    small = FoldedUpsampleConv(doubled)
    with torch.no_grad():
        doubled[0].conv.weight.zero_()
    assert small.small.weight.abs().sum() > 0


def test_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    doubled = UpsampleConv(*layers("zeros", 5, 4), skip_channels=2)
    doubled(torch.randn(1, 3, 4, 4), torch.randn(1, 2, 8, 8)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in doubled.parameters())


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 5), (6, 3)])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_the_convolution_gives_the_same_map(factor, size_hw) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 1, *size_hw)
    wanted = BilinearUpsample(factor)(x)
    assert wanted.shape == (2, 1, factor * size_hw[0], factor * size_hw[1])
    torch.testing.assert_close(ConvBilinearUpsample(BilinearUpsample(factor))(x), wanted, rtol=1e-5, atol=1e-6)


def test_each_value_is_a_mean_and_lies_by_its_place() -> None:
    kernel = bilinear_kernel(2)
    torch.testing.assert_close(kernel.sum(dim=(1, 2, 3)), torch.ones(4))
    first = torch.tensor([0.25, 0.75, 0.0])  # a quarter of a pixel up and left of the centre
    torch.testing.assert_close(kernel[0, 0], first[:, None] * first)


def test_the_kernel_is_no_weight_and_takes_the_type_of_the_map() -> None:
    enlarge = ConvBilinearUpsample(BilinearUpsample(2))
    assert not enlarge.state_dict()
    assert enlarge.half()(torch.ones(1, 1, 2, 2)).dtype == torch.float32


def test_the_gradient_is_that_of_the_resize() -> None:
    x = torch.randn(1, 1, 3, 4, requires_grad=True)
    (given,) = torch.autograd.grad(ConvBilinearUpsample(BilinearUpsample(2))(x).square().sum(), x)
    (wanted,) = torch.autograd.grad(BilinearUpsample(2)(x).square().sum(), x)
    torch.testing.assert_close(given, wanted)
