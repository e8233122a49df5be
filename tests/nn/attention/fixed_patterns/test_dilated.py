"""Neighbours that lie some tokens apart, and global tokens."""

import pytest
import torch
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.dilated import dilated_attention, mix_dilated
from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_by_every_second_neighbour() -> None:
    assert changed_by("dilated", 4, grid_hw=(1, 9), radius=1, dilation=2) == [2, 4, 6]


def test_leading_tokens_are_global() -> None:
    assert changed_by("dilated", 0, grid_hw=(1, 5), leading=1, radius=0) == list(range(6))
    assert changed_by("dilated", 3, grid_hw=(1, 5), leading=1, radius=0) == [0, 3]


@pytest.mark.parametrize(("grid_hw", "radius", "dilation"), [((5, 7), 1, 2), ((9, 4), 2, 3), ((1, 6), 2, 2)])
def test_it_is_softmax_attention_with_a_mask(grid_hw: tuple[int, int], radius: int, dilation: int) -> None:
    torch.manual_seed(0)
    count, leading = grid_hw[0] * grid_hw[1], 1
    q, k, v = torch.randn(3, 2, 2, leading + count, 4)
    row, column = torch.arange(count) // grid_hw[1], torch.arange(count) % grid_hw[1]
    away = torch.stack([row[:, None] - row, column[:, None] - column]).abs()
    mask = torch.ones(leading + count, leading + count, dtype=torch.bool)
    mask[leading:, leading:] = ((away % dilation == 0) & (away <= radius * dilation)).all(dim=0)
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    assert torch.allclose(mix_dilated(q, k, v, grid_hw, radius=radius, dilation=dilation), expected, atol=1e-5)


def test_a_dilation_is_at_least_one() -> None:
    with pytest.raises(HondoError, match="dilation=0"):
        dilated_attention(dim=8, num_heads=2, dilation=0)
