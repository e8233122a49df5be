"""Softmax attention against its formula."""

import pytest
import torch
from torch import nn

import hondo
from hondo.core.errors import HondoError
from hondo.models.base.fuse import cheaper
from hondo.nn.attention.softmax import SeparateAttention, SoftmaxAttention, is_separable, thirds


def test_is_the_formula() -> None:
    torch.manual_seed(0)
    module, tokens = SoftmaxAttention(dim=8, num_heads=2), torch.randn(2, 6, 8)
    q, k, v = module.qkv(tokens).view(2, 6, 3, 2, 4).permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-1, -2) / 2).softmax(-1)
    expected = module.proj((weights @ v).transpose(1, 2).reshape(2, 6, 8))
    assert torch.allclose(module(tokens, (2, 3)), expected, atol=1e-6)


def test_heads_may_have_a_width_of_their_own() -> None:
    module = SoftmaxAttention(dim=8, num_heads=3, head_dim=5, qkv_bias=False)
    assert module(torch.randn(1, 4, 8), (2, 2)).shape == (1, 4, 8)
    assert module.qkv.weight.shape == (45, 8) and module.qkv.bias is None


def test_heads_that_do_not_divide_the_channels_are_refused() -> None:
    with pytest.raises(HondoError, match="3 heads do not divide 8 channels"):
        SoftmaxAttention(dim=8, num_heads=3)


def test_attention_by_name() -> None:
    assert isinstance(hondo.attention("softmax", dim=8, num_heads=2), SoftmaxAttention)
    with pytest.raises(HondoError, match="unknown attention 'sofmax'; did you mean softmax"):
        hondo.attention("sofmax")
    with pytest.raises(HondoError, match="at least 1, got 8 and 0"):
        hondo.attention("softmax", dim=8, num_heads=0)
    with pytest.raises(HondoError, match="'softmax' does not take wings"):
        hondo.attention("softmax", dim=8, num_heads=2, wings=2)


@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize("head_dim", [None, 3])
def test_it_is_the_joint_attention(qkv_bias, head_dim) -> None:
    torch.manual_seed(0)
    joint = SoftmaxAttention(dim=8, num_heads=2, head_dim=head_dim, qkv_bias=qkv_bias)
    tokens = torch.randn(2, 12, 8)
    separate = cheaper(joint)
    assert isinstance(separate, SeparateAttention)
    torch.testing.assert_close(separate(tokens, (3, 4)), joint(tokens, (3, 4)), rtol=1e-5, atol=1e-6)


def test_the_parts_are_thirds_in_order() -> None:
    joint = nn.Linear(2, 6)
    parts = thirds(joint)
    assert torch.equal(torch.cat([part.weight for part in parts]), joint.weight)
    assert torch.equal(torch.cat([part.bias for part in parts]), joint.bias)


def test_attention_that_a_compression_changed_stays_as_it_is() -> None:
    changed = SoftmaxAttention(dim=8, num_heads=2)
    changed.qkv = nn.Sequential(changed.qkv)
    assert not is_separable(changed) and cheaper(changed) is changed
