"""Hashed attention: buckets, chunks, and softmax attention with shared keys where there is one bucket."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.learned_patterns.lsh import HashedAttention, bucket_count, buckets_of, with_previous
from hondo.nn.attention.softmax import SoftmaxAttention


def test_one_bucket_is_softmax_attention_whose_keys_are_its_queries() -> None:
    torch.manual_seed(0)
    softmax, hashed = SoftmaxAttention(dim=8, num_heads=2), HashedAttention(dim=8, num_heads=2, bucket_size=6, rounds=1)
    missing = hashed.load_state_dict(softmax.state_dict(), strict=False)
    assert missing.missing_keys == ["directions"] and not missing.unexpected_keys
    tokens = torch.randn(2, 6, 8)
    q, _, v = softmax.qkv(tokens).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(q, F.normalize(q, dim=-1) * 2, v)
    expected = softmax.proj(mixed.transpose(1, 2).flatten(2))
    assert torch.allclose(hashed(tokens, (2, 3)), expected, atol=1e-5)


def test_the_bucket_is_the_largest_projection_or_negative() -> None:
    x = torch.tensor([[3.0, 1], [-3, 1], [1, 3], [1, -3]])[None, None]
    assert buckets_of(x, torch.eye(2)).flatten().tolist() == [0, 2, 1, 3]


def test_tokens_of_other_buckets_are_not_seen() -> None:
    torch.manual_seed(0)
    module = HashedAttention(dim=4, num_heads=1, bucket_size=4, rounds=1)
    module.directions[:, :, 0] = torch.tensor([1.0, 0, 0, 0])
    with torch.no_grad():
        module.qv.weight[:4] = torch.eye(4)
        module.qv.bias.zero_()
        tokens = torch.randn(1, 8, 4)
        tokens[0, :, 0] = torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1]) * 3
        changed = tokens.clone()
        changed[0, 0, 1:] += 1
        moved = (module(changed, (2, 4)) - module(tokens, (2, 4))).abs().amax(-1)[0] > 1e-6
    assert moved.nonzero().flatten().tolist() == [0, 2, 4, 6]


def test_the_chunk_before_the_first_is_the_last() -> None:
    assert with_previous(torch.arange(3.0)[None, None, :, None, None])[0, 0, :, :, 0].tolist() == [
        [0, 2],
        [1, 0],
        [2, 1],
    ]


@pytest.mark.parametrize(("tokens", "count"), [(6, 1), (64, 1), (65, 2), (480, 8), (16384, 256), (99999, 512)])
def test_the_number_of_buckets_grows_with_the_tokens(tokens: int, count: int) -> None:
    assert bucket_count(tokens, bucket_size=64) == count


def test_an_empty_bucket_is_refused() -> None:
    with pytest.raises(HondoError, match="bucket_size=0"):
        HashedAttention(dim=8, num_heads=2, bucket_size=0)
