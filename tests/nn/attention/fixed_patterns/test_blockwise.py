"""Blocks of successive tokens."""

import pytest

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.blockwise import blockwise_attention
from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_in_its_own_block_alone() -> None:
    assert changed_by("blockwise", 5, grid_hw=(2, 4), block=3) == [3, 4, 5]
    assert changed_by("blockwise", 7, grid_hw=(2, 4), block=3) == [6, 7]  # the last block is shorter


def test_leading_tokens_are_seen_by_all_and_see_all() -> None:
    assert changed_by("blockwise", 0, grid_hw=(2, 3), leading=1, block=2) == list(range(7))
    assert changed_by("blockwise", 1, grid_hw=(2, 3), leading=1, block=2) == [0, 1, 2]


def test_a_block_is_not_empty() -> None:
    with pytest.raises(HondoError, match="block=0"):
        blockwise_attention(dim=8, num_heads=2, block=0)
