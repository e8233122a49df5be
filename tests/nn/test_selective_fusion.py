"""Selective feature fusion."""

import torch

from hondo.nn.selective_fusion import SelectiveFusion


def test_equal_weights_are_half_the_sum() -> None:
    fusion = SelectiveFusion(4).eval()
    torch.nn.init.zeros_(fusion.weigh[2].weight)
    torch.nn.init.zeros_(fusion.weigh[2].bias)
    local, wide = torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)
    assert torch.allclose(fusion(local, wide), (local + wide) / 2, atol=1e-6)


def test_the_first_weight_is_the_local_maps() -> None:
    fusion = SelectiveFusion(4).eval()
    torch.nn.init.zeros_(fusion.weigh[2].weight)
    with torch.no_grad():
        fusion.weigh[2].bias.copy_(torch.tensor([100.0, -100.0]))
    local, wide = torch.randn(1, 4, 3, 5), torch.randn(1, 4, 3, 5)
    assert torch.allclose(fusion(local, wide), local)


def test_every_parameter_gets_a_gradient() -> None:
    fusion = SelectiveFusion(4)
    fusion(torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)).square().sum().backward()
    assert all(p.grad is not None for p in fusion.parameters())
