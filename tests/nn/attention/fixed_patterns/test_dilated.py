"""Neighbours that lie some tokens apart, and global tokens."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.dilated import dilated_attention, neighbours
from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_by_every_second_neighbour() -> None:
    assert changed_by("dilated", 4, grid_hw=(1, 9), radius=1, dilation=2) == [2, 4, 6]


def test_leading_tokens_are_global() -> None:
    assert changed_by("dilated", 0, grid_hw=(1, 5), leading=1, radius=0) == list(range(6))
    assert changed_by("dilated", 3, grid_hw=(1, 5), leading=1, radius=0) == [0, 3]


def test_the_neighbours_of_a_corner() -> None:
    found = neighbours(torch.arange(1.0, 7)[None, None, :, None], grid_hw=(2, 3), radius=1, dilation=1)
    assert found.shape == (1, 1, 6, 9, 1)
    assert found[0, 0, 0, :, 0].tolist() == [0, 0, 0, 0, 1, 2, 0, 4, 5]


def test_a_dilation_is_at_least_one() -> None:
    with pytest.raises(HondoError, match="dilation=0"):
        dilated_attention(dim=8, num_heads=2, dilation=0)
