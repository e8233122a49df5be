"""Which tokens are merged, and that merged tokens count as often as they stand for."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.token_reduction.token_merging import groups, merging_attention, mix_merged


def test_the_most_alike_of_two_neighbouring_halves_join() -> None:
    keys = torch.tensor([[1.0, 0], [0, 1], [0, 1], [1, 0.1], [-1, 0]])[None]  # 0 is like 3, 2 like 1
    group = groups(keys, merged=2)[0].tolist()
    assert group[0] == group[3] and group[2] == group[1]
    assert len(set(group)) == 3 and sorted(set(group)) == [0, 1, 2]


def test_equal_tokens_may_be_merged_without_any_change() -> None:
    torch.manual_seed(0)
    distinct = torch.randn(3, 1, 2, 4, 8)
    q, k, v = distinct.repeat_interleave(2, dim=3)  # tokens 0 and 1 are equal, 2 and 3, ...
    expected = F.scaled_dot_product_attention(q, k, v)
    assert torch.allclose(mix_merged(q, k, v, (2, 4), ratio=0.5), expected, atol=1e-5)


def test_leading_tokens_are_not_merged() -> None:
    torch.manual_seed(0)
    q, k, v = torch.ones(3, 1, 1, 5, 4)
    v = v.clone()
    v[:, :, 0] = 7
    mixed = mix_merged(q, k, v, (2, 2), ratio=0.5)
    assert torch.allclose(mixed, torch.full_like(mixed, (7 + 4) / 5), atol=1e-5)


def test_at_most_half_is_merged() -> None:
    with pytest.raises(HondoError, match=r"ratio=0\.6"):
        merging_attention(dim=8, num_heads=2, ratio=0.6)
