"""A map of one channel at a multiple of its size, as torch resizes it."""

import pytest
import torch

from hondo.nn.enlarge import Enlarge, EnlargeByConv, enlarging_kernel


@pytest.mark.parametrize("size_hw", [(1, 1), (2, 5), (6, 3)])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_the_convolution_gives_the_same_map(factor, size_hw) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 1, *size_hw)
    wanted = Enlarge(factor)(x)
    assert wanted.shape == (2, 1, factor * size_hw[0], factor * size_hw[1])
    torch.testing.assert_close(EnlargeByConv(Enlarge(factor))(x), wanted, rtol=1e-5, atol=1e-6)


def test_each_value_is_a_mean_and_lies_by_its_place() -> None:
    kernel = enlarging_kernel(2)
    torch.testing.assert_close(kernel.sum(dim=(1, 2, 3)), torch.ones(4))
    first = torch.tensor([0.25, 0.75, 0.0])  # a quarter of a pixel up and left of the centre
    torch.testing.assert_close(kernel[0, 0], first[:, None] * first)


def test_the_kernel_is_no_weight_and_takes_the_type_of_the_map() -> None:
    enlarge = EnlargeByConv(Enlarge(2))
    assert not enlarge.state_dict()
    assert enlarge.half()(torch.ones(1, 1, 2, 2)).dtype == torch.float32


def test_the_gradient_is_that_of_the_resize() -> None:
    x = torch.randn(1, 1, 3, 4, requires_grad=True)
    (given,) = torch.autograd.grad(EnlargeByConv(Enlarge(2))(x).square().sum(), x)
    (wanted,) = torch.autograd.grad(Enlarge(2)(x).square().sum(), x)
    torch.testing.assert_close(given, wanted)
