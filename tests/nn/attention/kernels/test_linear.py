"""Linear attention: the same sum as the one over all pairs, at a linear price."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.kernels.linear import CHUNK, LinearAttention, weighted_by_products
from hondo.nn.attention.softmax import SoftmaxAttention


def test_is_the_sum_over_all_pairs() -> None:
    torch.manual_seed(0)
    count = CHUNK + 7  # features are made in two parts
    q, k, v = torch.rand(1, 2, count, 4), torch.rand(1, 2, count, 4), torch.randn(1, 2, count, 6)
    weights = q @ k.transpose(-2, -1)
    expected = weights / weights.sum(-1, keepdim=True) @ v
    assert torch.allclose(weighted_by_products(lambda at: q[:, :, at], lambda at: k[:, :, at], v), expected, atol=1e-5)


def test_averages_equal_tokens_as_softmax_attention_does() -> None:
    """Where all keys are alike both weigh them alike, and both take the same weights."""
    torch.manual_seed(0)
    linear, softmax = LinearAttention(dim=16, num_heads=4), SoftmaxAttention(dim=16, num_heads=4)
    linear.load_state_dict(softmax.state_dict())
    with torch.no_grad():
        linear.qkv.weight[16:32], softmax.qkv.weight[16:32] = 0, 0
        tokens = torch.randn(1, 13, 16)
        assert torch.allclose(linear(tokens, (3, 4)), softmax(tokens, (3, 4)), atol=1e-5)


def test_heads_divide_channels() -> None:
    with pytest.raises(HondoError, match="3 heads do not divide 16"):
        LinearAttention(dim=16, num_heads=3)
