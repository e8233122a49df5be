"""A convolution of a resized map equals its cheaper form, borders included."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.nn.upsampling.resized_conv import ConvBeforeResize, ResizedConv, relative_cost, shifted_resize


def resized_conv(inputs: int, *, skip: int, outputs: int = 3) -> ResizedConv:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(outputs)
    layers = ResizedConv(nn.Conv2d(inputs + skip, outputs, 3, padding=1), norm, nn.LeakyReLU(), skip_channels=skip)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.normal_(norm.bias)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    return layers.eval()


def calls(part: nn.Module) -> list[Tensor]:
    seen: list[Tensor] = []
    part.register_forward_hook(lambda module, given, result: seen.append(result))
    return seen


@pytest.mark.parametrize("sizes", [((4, 5), (8, 10)), ((3, 4), (7, 9)), ((6, 6), (9, 8))])
def test_the_form_before_the_resizing_gives_the_same_map(sizes) -> None:
    small, large = sizes
    layers = resized_conv(64, skip=5)
    form = ConvBeforeResize(layers)
    around = calls(form.taps[0])
    x, skip = torch.randn(2, 64, *small), torch.randn(2, 5, *large)
    torch.testing.assert_close(form(x, skip), layers(x, skip), rtol=1e-4, atol=1e-5)
    assert around, "the cheaper way was taken"


def test_few_channels_of_a_wide_map_take_the_plain_way() -> None:
    layers = resized_conv(2, skip=1)
    form = ConvBeforeResize(layers)
    around = calls(form.taps[0])
    x, skip = torch.randn(1, 2, 3, 40), torch.randn(1, 1, 6, 80)
    torch.testing.assert_close(form(x, skip), layers(x, skip), rtol=1e-5, atol=1e-5)
    assert not around


def test_each_tap_reads_the_resized_values_beside_the_place() -> None:
    values = torch.randn(4)
    before, here, after = shifted_resize(4, 7) @ values
    wanted = F.interpolate(values[None, None], 7, mode="linear", align_corners=True)[0, 0]
    torch.testing.assert_close(here, wanted)
    torch.testing.assert_close(before, F.pad(wanted[:-1], (1, 0)))
    torch.testing.assert_close(after, F.pad(wanted[1:], (0, 1)))


def test_the_share_of_work_falls_with_channels_and_grows_with_width() -> None:
    assert relative_cost((12, 12), (24, 24), channels=2048) == pytest.approx(0.25, abs=0.01)
    assert relative_cost((88, 304), (176, 608), channels=256) > 0.9


def test_every_weight_gets_a_gradient() -> None:
    layers = resized_conv(6, skip=2).train()
    layers(torch.randn(2, 6, 3, 3), torch.randn(2, 2, 6, 6)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in layers.parameters())
