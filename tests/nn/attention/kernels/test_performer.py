"""Performer: random features that stand for softmax attention."""

import pytest
import torch
from torch.nn import functional as F

from hondo.nn.attention.kernels import linear
from hondo.nn.attention.kernels.performer import PerformerAttention, orthogonal_features, positive_features


def test_the_inner_width_is_64_a_head() -> None:
    for heads in (1, 12, 24):
        module = PerformerAttention(dim=768, num_heads=heads)
        assert module.to_q.weight.shape == (64 * heads, 768) and module.proj.weight.shape == (768, 64 * heads)
        assert module.to_q.bias is None and module.proj.bias is not None
        assert module.projection.shape == (266, 64) and "projection" in module.state_dict()


def test_directions_are_orthogonal_within_each_block() -> None:
    torch.manual_seed(0)
    directions = F.normalize(orthogonal_features(150, 64), dim=1)
    for block in directions.split(64):
        assert torch.allclose(block @ block.T, torch.eye(len(block)), atol=1e-5)


def test_products_of_features_estimate_the_exponential() -> None:
    torch.manual_seed(0)
    q, k = 0.3 * torch.randn(1, 1, 5, 64), 0.3 * torch.randn(1, 1, 7, 64)
    projection = orthogonal_features(20000, 64)
    weights = positive_features(q, projection, over=(-1,)) @ positive_features(k, projection, over=(-2, -1)).transpose(
        -2, -1
    )
    estimated = weights / weights.sum(-1, keepdim=True)
    exact = (q @ k.transpose(-2, -1) / 8).softmax(-1)
    assert (estimated - exact).abs().max() < 0.02


def test_is_close_to_softmax_attention_with_many_features() -> None:
    torch.manual_seed(0)
    module, tokens = PerformerAttention(dim=64, num_heads=2, num_features=20000), 0.5 * torch.randn(1, 12, 64)
    with torch.no_grad():
        q, k, v = (
            layer(tokens).unflatten(-1, (2, 64)).transpose(1, 2) for layer in (module.to_q, module.to_k, module.to_v)
        )
        exact = module.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        assert (module(tokens, (3, 4)) - exact).abs().max() < 0.05 * exact.abs().max()


def test_half_precision_does_not_overflow() -> None:
    torch.manual_seed(0)
    module, tokens = PerformerAttention(dim=64, num_heads=2), 20 * torch.randn(1, 12, 64)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.isfinite(module(tokens, (3, 4))).all()


def test_features_are_redrawn_only_when_asked() -> None:
    torch.manual_seed(0)
    module = PerformerAttention(dim=8, num_heads=1, head_dim=4, num_features=8)
    before = module.projection.clone()
    module(torch.randn(1, 6, 8), (2, 3))
    assert torch.equal(module.projection, before)
    module.redraw()
    assert not torch.equal(module.projection, before)
    assert torch.isfinite(module(torch.randn(1, 6, 8), (2, 3))).all()


def test_features_in_parts_are_those_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    module, tokens = PerformerAttention(dim=8, num_heads=2, head_dim=4, num_features=8), torch.randn(1, 12, 8)
    with torch.no_grad():
        at_once = module(tokens, (3, 4))
        monkeypatch.setattr(linear, "CHUNK", 5)
        assert torch.allclose(module(tokens, (3, 4)), at_once, atol=1e-6)
