"""Spatial-reduction attention against softmax attention over the shrunken grid."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.low_rank.spatial_reduction import SpatialReductionAttention
from hondo.nn.attention.softmax import SoftmaxAttention


def test_without_reduction_it_is_softmax_attention() -> None:
    torch.manual_seed(0)
    ours, plain = SpatialReductionAttention(dim=8, num_heads=2, reduction=1), SoftmaxAttention(dim=8, num_heads=2)
    with torch.no_grad():
        plain.qkv.weight.copy_(torch.cat([ours.q.weight, ours.kv.weight]))
        plain.qkv.bias.copy_(torch.cat([ours.q.bias, ours.kv.bias]))
    plain.proj = ours.proj
    tokens = torch.randn(2, 12, 8)
    assert torch.allclose(ours(tokens, (3, 4)), plain(tokens, (3, 4)), atol=1e-6)


def test_is_the_formula() -> None:
    torch.manual_seed(0)
    module, tokens = SpatialReductionAttention(dim=4, num_heads=1, reduction=2, qkv_bias=False), torch.randn(1, 24, 4)
    grid = F.conv2d(tokens.view(1, 4, 6, 4).permute(0, 3, 1, 2), module.sr.weight, module.sr.bias, stride=2)
    reduced = module.norm(grid.permute(0, 2, 3, 1).reshape(1, 6, 4))
    k, v = module.kv(reduced).chunk(2, dim=-1)
    expected = module.proj((module.q(tokens) @ k.transpose(1, 2) / 2).softmax(-1) @ v)
    assert torch.allclose(module(tokens, (4, 6)), expected, atol=1e-6)


def test_tokens_beyond_the_last_whole_step_do_not_answer() -> None:
    torch.manual_seed(0)
    module, tokens = SpatialReductionAttention(dim=4, num_heads=2, reduction=2), torch.randn(1, 15, 4)
    before = module(tokens, (3, 5))
    changed = tokens.clone()
    changed[:, -1] += 1  # of the last row and column
    after = module(changed, (3, 5))
    assert torch.allclose(before[:, :-1], after[:, :-1]) and not torch.allclose(before[:, -1], after[:, -1])


def test_leading_tokens_ask_and_answer() -> None:
    torch.manual_seed(0)
    module, tokens = SpatialReductionAttention(dim=4, num_heads=2, reduction=2), torch.randn(1, 17, 4)
    changed = tokens.clone()
    changed[:, 0] += 1
    assert not torch.allclose(module(tokens, (4, 4))[:, 1:], module(changed, (4, 4))[:, 1:])


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(HondoError, match="3 heads do not divide 8 channels"):
        SpatialReductionAttention(dim=8, num_heads=3)
    with pytest.raises(HondoError, match="at least 1, got 0"):
        SpatialReductionAttention(dim=8, num_heads=2, reduction=0)
