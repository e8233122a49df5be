"""Learnt upsampling."""

import pytest
import torch
from torch import nn

from hondo.nn.upsampling.pixel_shuffle import (
    PATCH,
    BlockShuffle,
    PatchConv,
    ShuffleUp,
    block_ordered,
    is_patchable,
    patch_kernel,
    shuffle_head,
)


def test_twice_the_size_normalised_at_every_place() -> None:
    torch.manual_seed(0)
    out = ShuffleUp(6, 16)(torch.randn(2, 6, 3, 5))
    assert out.shape == (2, 16, 6, 10)
    assert torch.allclose(out.mean(1), torch.zeros(2, 6, 10), atol=1e-5)
    assert torch.allclose(out.std(1, unbiased=False), torch.ones(2, 6, 10), atol=1e-2)


def test_the_four_values_of_a_place_lie_two_by_two() -> None:
    head = shuffle_head(1, width=1)[:2]
    torch.nn.init.zeros_(head[0].weight)
    with torch.no_grad():
        head[0].bias.copy_(torch.arange(4.0))
    assert torch.equal(head(torch.zeros(1, 1, 1, 1)), torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]]))


def test_a_light_head_has_fewer_weights_and_every_one_gets_a_gradient() -> None:
    torch.manual_seed(0)
    heavy, light = shuffle_head(8, width=16), shuffle_head(8, width=16, is_light=True)
    size = lambda module: sum(parameter.numel() for parameter in module.parameters())  # noqa: E731
    assert size(light) < size(heavy) / 4
    for head in (heavy, light):
        out = head(torch.randn(1, 8, 4, 6))
        assert out.shape == (1, 1, 8, 12)
        out.square().sum().backward()
        assert all(parameter.grad is not None for parameter in head.parameters())


@pytest.mark.parametrize("bias", [True, False])
def test_channels_in_block_order_lie_where_the_pixel_shuffle_puts_them(bias) -> None:
    torch.manual_seed(0)
    conv, x = torch.nn.Conv2d(3, 8, 3, padding=1, bias=bias), torch.randn(2, 3, 4, 5)
    wanted = torch.nn.PixelShuffle(2)(conv(x))
    torch.testing.assert_close(BlockShuffle(2)(block_ordered(conv, 2)(x)), wanted)


@pytest.mark.parametrize("size_hw", [(8, 12), (5, 7), (3, 3)])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("bias", [True, False])
def test_it_gives_what_the_convolution_gives(size_hw, padding, bias) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 1, 3, padding=padding, bias=bias)
    x = torch.randn(2, 3, *size_hw)
    torch.testing.assert_close(PatchConv(conv)(x), conv(x), rtol=1e-5, atol=1e-6)


def test_each_place_of_a_patch_has_the_kernel_where_it_looks() -> None:
    kernel = patch_kernel(torch.ones(1, 2, 3, 3))
    assert kernel.shape == (PATCH**2, 2, PATCH + 2, PATCH + 2)
    assert kernel.sum() == PATCH**2 * 18
    assert kernel[0, 0, :3, :3].sum() == 9 and kernel[-1, 0, 3:, 3:].sum() == 9


@pytest.mark.parametrize(
    ("conv", "expected"),
    [
        (nn.Conv2d(4, 1, 3, padding=1), True),
        (nn.Conv2d(4, 1, 3), True),
        (nn.Conv2d(4, 2, 3, padding=1), False),
        (nn.Conv2d(4, 1, 1), False),
        (nn.Conv2d(4, 1, 3, stride=2, padding=1), False),
        (nn.Conv2d(4, 1, 3, padding=1, padding_mode="reflect"), False),
    ],
)
def test_only_plain_convolutions_to_one_channel_are_replaced(conv, expected) -> None:
    assert is_patchable(conv) is expected
