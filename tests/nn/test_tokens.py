"""Maps as tokens and back."""

import torch

from hondo.nn.tokens import join_heads, map_from_tokens, split_heads, tokens_from_map


def test_there_and_back_without_a_copy() -> None:
    for count in (1, 3):
        tokens = torch.randn(count, 12, 5)
        x = map_from_tokens(tokens, (3, 4))
        assert x.shape == (count, 5, 3, 4) and torch.equal(x[:, :, 1, 2], tokens[:, 6])
        assert x.data_ptr() == tokens.data_ptr() and x.stride() == (60, 1, 20, 5)
        again = tokens_from_map(x)
        assert torch.equal(again, tokens) and again.data_ptr() == tokens.data_ptr()


def test_parts_then_heads_then_channels() -> None:
    x = torch.arange(2 * 3 * 12.0).reshape(2, 3, 12)
    first, second = split_heads(x, head_dim=2, parts=2)
    assert first.shape == (2, 3, 3, 2)
    assert torch.equal(first[0, 1, 0], x[0, 0, 2:4]) and torch.equal(second[0, 0, 2], x[0, 2, 6:8])


def test_joining_undoes_splitting() -> None:
    x = torch.randn(2, 3, 12)
    assert torch.equal(join_heads(split_heads(x, head_dim=4, parts=1)[0]), x)
