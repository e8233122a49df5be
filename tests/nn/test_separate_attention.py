"""Attention with a linear layer each for queries, keys and values: what joint attention gives, from its weights."""

import pytest
import torch
from torch import nn

from hondo.models.inference_form import cheaper
from hondo.nn.attention.softmax import SoftmaxAttention
from hondo.nn.separate_attention import SeparateAttention, is_separable, thirds


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
