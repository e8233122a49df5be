"""The common frame: softmax attention's weights, and leading tokens that attend to all."""

import torch
from torch.nn import functional as F

from hondo.nn.attention.projected import ProjectedAttention, with_leading
from hondo.nn.attention.softmax import SoftmaxAttention


def test_it_is_softmax_attention_with_that_mix() -> None:
    torch.manual_seed(0)
    softmax = SoftmaxAttention(dim=8, num_heads=2)
    module = ProjectedAttention(
        dim=8, num_heads=2, mix=lambda q, k, v, grid_hw: F.scaled_dot_product_attention(q, k, v)
    )
    module.load_state_dict(softmax.state_dict())
    tokens = torch.randn(2, 6, 8)
    assert torch.allclose(module(tokens, (2, 3)), softmax(tokens, (2, 3)), atol=1e-6)


def test_leading_tokens_attend_to_all_and_are_given_to_the_grid() -> None:
    q, k, v = torch.randn(3, 1, 1, 7, 4)
    given = []

    def of_grid(q, k, v, leading_k, leading_v):
        given.append((q.shape[2], leading_k.shape[2]))
        return torch.zeros_like(q)

    mixed = with_leading(q, k, v, (2, 3), of_grid)
    assert given == [(6, 1)] and mixed.shape == (1, 1, 7, 4)
    assert torch.allclose(mixed[:, :, :1], F.scaled_dot_product_attention(q[:, :, :1], k, v))
    assert not mixed[:, :, 1:].any()
