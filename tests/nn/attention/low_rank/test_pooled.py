"""Pooled attention: coarser keys and values."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.low_rank.pooled import PooledAttention, pooled_tokens
from hondo.nn.attention.softmax import SoftmaxAttention


def test_without_pooling_it_is_softmax_attention() -> None:
    torch.manual_seed(0)
    pooled, softmax = PooledAttention(dim=16, num_heads=2, pool=1), SoftmaxAttention(dim=16, num_heads=2)
    pooled.load_state_dict(softmax.state_dict())
    tokens = torch.randn(2, 13, 16)
    with torch.no_grad():
        assert torch.allclose(pooled(tokens, (3, 4)), softmax(tokens, (3, 4)), atol=1e-5)


def test_smooth_tokens_are_hardly_changed_by_pooling() -> None:
    torch.manual_seed(0)
    pooled, softmax = PooledAttention(dim=16, num_heads=2, pool=2), SoftmaxAttention(dim=16, num_heads=2)
    pooled.load_state_dict(softmax.state_dict())
    coarse = torch.randn(1, 16, 4, 4).repeat_interleave(2, 2).repeat_interleave(2, 3)  # pairs of equal tokens
    tokens = coarse.flatten(2).transpose(1, 2)
    with torch.no_grad():
        assert torch.allclose(pooled(tokens, (8, 8)), softmax(tokens, (8, 8)), atol=1e-5)


def test_averages_and_leading_tokens() -> None:
    tokens = torch.arange(7.0).reshape(1, 7, 1)  # one leading token, a grid of 2x3
    out = pooled_tokens(tokens, grid_hw=(2, 3), pool=2)
    assert out.flatten().tolist() == [0, (1 + 2 + 4 + 5) / 4, (3 + 6) / 2]


def test_refuses_no_pool() -> None:
    with pytest.raises(HondoError, match="pool=0"):
        PooledAttention(dim=16, num_heads=2, pool=0)
