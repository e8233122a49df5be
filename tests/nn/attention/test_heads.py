"""Heads out of channels and back."""

import torch

from hondo.nn.attention.heads import join_heads, split_heads


def test_parts_then_heads_then_channels() -> None:
    x = torch.arange(2 * 3 * 12.0).reshape(2, 3, 12)
    first, second = split_heads(x, head_dim=2, parts=2)
    assert first.shape == (2, 3, 3, 2)
    assert torch.equal(first[0, 1, 0], x[0, 0, 2:4]) and torch.equal(second[0, 0, 2], x[0, 2, 6:8])


def test_joining_undoes_splitting() -> None:
    x = torch.randn(2, 3, 12)
    assert torch.equal(join_heads(split_heads(x, head_dim=4, parts=1)[0]), x)
