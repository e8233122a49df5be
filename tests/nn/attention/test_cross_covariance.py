"""Cross-covariance attention: its formula, and what follows from tokens mixing through a covariance only."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.registry import attention


def test_is_the_papers_formula() -> None:
    torch.manual_seed(0)
    module = attention("cross-covariance", dim=12, num_heads=3)
    module.temperature.data = torch.rand(3, 1, 1) * 5
    tokens = torch.randn(2, 20, 12)
    q, k, v = module.qkv(tokens).chunk(3, dim=-1)
    heads = []
    for head, part in enumerate(torch.arange(12).split(4)):
        Q, K, V = (x[..., part] for x in (q, k, v))  # b n d
        Q, K = Q / Q.norm(dim=1, keepdim=True), K / K.norm(dim=1, keepdim=True)
        weights = (module.temperature[head] * Q.transpose(1, 2) @ K).softmax(
            -1
        )  # b d d: each channel of q over those of k
        heads.append(V @ weights.transpose(1, 2))
    expected = module.proj(torch.cat(heads, dim=-1))
    assert torch.allclose(module(tokens, (4, 5)), expected, atol=1e-5)


def test_the_order_of_tokens_only_orders_the_answer() -> None:
    torch.manual_seed(0)
    module, tokens, order = attention("cross-covariance", dim=8, num_heads=2), torch.randn(1, 15, 8), torch.randperm(15)
    assert torch.allclose(module(tokens[:, order], (3, 5)), module(tokens, (3, 5))[:, order], atol=1e-5)


def test_every_token_sees_all() -> None:
    module, tokens = attention("cross-covariance", dim=8, num_heads=2), torch.randn(1, 15, 8, requires_grad=True)
    module(tokens, (3, 5))[0, 0].sum().backward()
    assert tokens.grad is not None and torch.all(tokens.grad.abs().sum(-1) > 0)


def test_heads_must_divide_the_channels() -> None:
    with pytest.raises(HondoError, match="3 heads do not divide 8 channels"):
        attention("cross-covariance", dim=8, num_heads=3)
