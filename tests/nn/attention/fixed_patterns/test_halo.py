"""Blocks with their surroundings."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.halo import halo_attention, surroundings
from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_by_blocks_within_the_halo() -> None:
    # 1 x 8 tokens in blocks of 2 with a halo of 1: token 2 lies in block (2, 3) and in the halo of block (0, 1).
    assert changed_by("halo", 2, grid_hw=(1, 8), block=2, halo=1) == [0, 1, 2, 3]


def test_the_surroundings_of_a_block() -> None:
    grid = torch.arange(1.0, 9)[None, None, :, None]  # 2 x 4
    around = surroundings(grid, grid_hw=(2, 4), block=2, halo=1)[0, 0, :, :, 0]
    assert around.shape == (2, 16)
    assert around[0].reshape(4, 4).tolist() == [[0, 0, 0, 0], [0, 1, 2, 3], [0, 5, 6, 7], [0, 0, 0, 0]]


def test_a_halo_is_not_negative() -> None:
    with pytest.raises(HondoError, match="halo=-1"):
        halo_attention(dim=8, num_heads=2, halo=-1)
