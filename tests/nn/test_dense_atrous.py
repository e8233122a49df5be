"""Dense atrous convolutions."""

import torch

from hondo.nn.dense_atrous import DenseAtrous


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
