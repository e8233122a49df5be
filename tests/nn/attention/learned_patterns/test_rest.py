"""Attention whose heads see each other's weights."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.learned_patterns.rest import MixedHeadsAttention


def test_it_is_its_formula() -> None:
    torch.manual_seed(0)
    module = MixedHeadsAttention(dim=8, num_heads=2, reduction=1).eval()
    tokens = torch.randn(1, 6, 8)
    q = module.q(tokens).unflatten(-1, (2, 4)).transpose(1, 2)
    k, v = module.kv(tokens).unflatten(-1, (2, 2, 4)).permute(2, 0, 3, 1, 4)
    logits = torch.einsum("oh,bhnm->bonm", module.mix_heads.weight[:, :, 0, 0], q @ k.transpose(-2, -1) / 2)
    weights = (logits + module.mix_heads.bias[:, None, None]).softmax(-1)
    weights = (weights - weights.mean((2, 3), keepdim=True)) / (
        weights.var((2, 3), correction=0, keepdim=True) + 1e-5
    ).sqrt()
    expected = module.proj((weights @ v).transpose(1, 2).flatten(2))
    assert torch.allclose(module(tokens, (2, 3)), expected, atol=1e-5)


def test_a_reduction_is_at_least_one() -> None:
    with pytest.raises(HondoError, match="reduction=0"):
        MixedHeadsAttention(dim=8, num_heads=2, reduction=0)
