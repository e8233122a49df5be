"""Convolution blocks."""

import pytest
import torch

from hondo.nn.blocks.convolution import ConvReflect, DenseAtrous, SeparableResidual, conv_elu, conv_norm_relu, separable


def test_shapes() -> None:
    x = torch.rand(2, 4, 9, 11)
    assert conv_norm_relu(4, 8, stride=2)(x).shape == (2, 8, 5, 6)
    assert conv_norm_relu(4, 4, kernel=5, groups=4)(x).shape == x.shape
    assert separable(4, 6, kernel=5, stride=2)(x).shape == (2, 6, 5, 6)
    assert conv_elu(4, 3)(x).shape == (2, 3, 9, 11)


def test_reflection_keeps_a_constant_constant() -> None:
    out = ConvReflect(1, 1)(torch.ones(1, 1, 5, 5))
    assert torch.allclose(out, out[..., 2:3, 2:3].expand_as(out))


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 6), (2, 1)])
def test_one_row_or_column_will_do(size_hw: tuple[int, int]) -> None:
    assert ConvReflect(2, 3)(torch.rand(1, 2, *size_hw)).shape == (1, 3, *size_hw)


def test_a_residual_block_of_zeros_is_the_identity() -> None:
    block = SeparableResidual(4).eval()
    torch.nn.init.zeros_(block.pointwise[0].weight)
    x = torch.rand(1, 4, 6, 7)
    assert torch.equal(block(x), x)


def test_every_parameter_gets_a_gradient() -> None:
    block = SeparableResidual(4)
    block(torch.rand(2, 4, 6, 7)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in block.parameters())


def test_shape_and_a_gradient_in_every_parameter() -> None:
    torch.manual_seed(0)
    module = DenseAtrous(inputs=6, context=8, outputs=4, dilations=(1, 2))
    out = module(torch.randn(2, 6, 7, 9), torch.randn(2, 8, 7, 9))
    assert out.shape == (2, 4, 7, 9)
    out.square().sum().backward()
    assert all(p.grad is not None for p in module.parameters())


def test_the_largest_dilation_sets_how_far_it_sees() -> None:
    torch.manual_seed(0)
    module = DenseAtrous(inputs=2, context=2, outputs=2, dilations=(1, 3)).eval()
    x, context = torch.randn(1, 2, 1, 31), torch.randn(1, 2, 1, 31)
    changed = context.clone()
    changed[..., 15] += 1
    with torch.no_grad():
        reached = (module(x, context) - module(x, changed)).abs().amax((0, 1, 2)) > 1e-7
    assert reached[15 - 4 : 15 + 5].any() and not reached[: 15 - 4].any() and not reached[15 + 5 :].any()
