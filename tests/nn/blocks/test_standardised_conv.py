"""The weight-standardised convolution against timm's, its padding, and its gradient."""

from importlib import import_module

import pytest
import torch

from hondo.models.base.torchvision_guard import import_timm
from hondo.nn.blocks.standardised_conv import SameMaxPool, StandardisedConv, same_padding, standardised


def test_weights_have_mean_zero_and_variance_one() -> None:
    weight = standardised(3 + 2 * torch.randn(4, 5, 3, 3))
    assert torch.allclose(weight.mean((1, 2, 3)), torch.zeros(4), atol=1e-6)
    assert torch.allclose(weight.var((1, 2, 3), correction=0), torch.ones(4), atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "size"), [(7, 2, (12, 13)), (3, 2, (9, 8)), (3, 1, (5, 6)), (1, 2, (7, 7))]
)
def test_computes_what_timm_does(kernel: int, stride: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    ours = StandardisedConv(3, 4, kernel, stride).eval()
    theirs = import_timm().layers.StdConv2dSame(3, 4, kernel, stride, eps=1e-8)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, *size)
    with torch.no_grad():
        assert ours(x).shape[-2:] == (-(-size[0] // stride), -(-size[1] // stride))
        assert torch.allclose(ours(x), theirs(x), atol=1e-5)


@pytest.mark.parametrize(("kernel", "size"), [(3, (8, 9)), (2, (7, 6))])
def test_the_maximum_is_timms(kernel: int, size: tuple[int, int]) -> None:
    theirs = import_module("timm.layers.pool2d_same").MaxPool2dSame(kernel, 2)
    x = -torch.rand(2, 3, *size)  # padding with zeros would show
    assert torch.equal(SameMaxPool(kernel, stride=2)(x), theirs(x))


def test_padding_is_none_where_the_kernel_ends_with_the_image() -> None:
    assert [same_padding(8, kernel=3, stride=stride) for stride in (1, 2, 3)] == [2, 1, 1]
    assert same_padding(9, kernel=3, stride=3) == 0


def test_settled_weights_are_standardised_once_and_for_all() -> None:
    torch.manual_seed(0)
    conv = StandardisedConv(4, 6, 3, 2, groups=2).eval()
    settled, x = conv.settled(), torch.randn(1, 4, 9, 7)
    assert not isinstance(settled, StandardisedConv) and torch.equal(settled.kernel(), standardised(conv.weight))
    assert torch.equal(settled(x), conv(x))


def test_gradient_is_orthogonal_to_the_weights() -> None:
    """Standardised weights do not change with their scale."""
    torch.manual_seed(0)
    conv = StandardisedConv(2, 3, 3)
    conv(torch.randn(1, 2, 6, 6)).square().sum().backward()
    weight, grad = conv.weight.detach(), conv.weight.grad
    assert grad is not None and grad.abs().max() > 0
    assert torch.allclose((weight * grad).sum((1, 2, 3)), torch.zeros(3), atol=1e-3)
