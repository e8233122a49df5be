"""The common frame: softmax attention's weights, and leading tokens that attend to all."""

import torch
from torch.nn import functional as F

from hondo.nn.attention.projected import ProjectedAttention, one_head_at_a_time, with_fewer_keys, with_leading
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


def test_heads_one_at_a_time_are_those_at_once() -> None:
    q, k, v = torch.randn(3, 2, 3, 6, 4)

    def mix(q, k, v, grid_hw):
        return F.scaled_dot_product_attention(q, k, v)

    assert torch.allclose(one_head_at_a_time(mix)(q, k, v, (2, 3)), mix(q, k, v, (2, 3)), atol=1e-6)


def test_leading_tokens_stay_keys_where_others_are_fewer() -> None:
    q, k, v = torch.randn(3, 1, 1, 7, 4)
    seen = []

    def halved(x):
        seen.append(x.shape[2])
        return x[:, :, ::2]

    mixed = with_fewer_keys(q, k, v, (2, 3), fewer_keys=halved, fewer_values=halved)
    kept = torch.tensor([0, 1, 3, 5])
    expected = F.scaled_dot_product_attention(q[:, :, 1:], k[:, :, kept], v[:, :, kept])
    assert seen == [6, 6] and torch.allclose(mixed[:, :, 1:], expected, atol=1e-6)
