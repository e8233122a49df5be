"""Keys from a grid of fixed size."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.low_rank.linear_reduction import LinearReductionAttention


def test_tokens_are_pooled_as_adaptive_pooling_does() -> None:
    module = LinearReductionAttention(dim=4, num_heads=1, pooled=2)
    tokens = torch.randn(1, 15, 4)
    grid = tokens.transpose(1, 2).unflatten(2, (3, 5))
    expected = F.adaptive_avg_pool2d(grid, 2).flatten(2).transpose(1, 2)
    assert torch.allclose(module._pooled(tokens, (3, 5)), expected, atol=1e-6)


def test_it_pools_to_a_token_at_least() -> None:
    with pytest.raises(HondoError, match="pooled=0"):
        LinearReductionAttention(dim=4, num_heads=1, pooled=0)
