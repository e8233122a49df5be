"""A convolution to one channel, patch by patch."""

import pytest
import torch
from torch import nn

from hondo.nn.patch_conv import PATCH, PatchConv, is_patchable, patch_kernel


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
