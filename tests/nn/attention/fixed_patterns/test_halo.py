"""Blocks with their surroundings."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns import halo
from hondo.nn.attention.fixed_patterns.halo import halo_attention, surroundings
from tests.nn.attention.seen import changed_by


def test_a_token_is_seen_by_blocks_within_the_halo() -> None:
    # 1 x 8 tokens in blocks of 2 with a halo of 1: token 2 lies in block (2, 3) and in the halo of block (0, 1).
    assert changed_by("halo", 2, grid_hw=(1, 8), block=2, halo=1) == [0, 1, 2, 3]


@pytest.mark.parametrize("grid_hw", [(9, 5), (8, 4), (1, 7)])
@pytest.mark.parametrize(("block", "reach"), [(2, None), (4, 1)])
def test_bands_of_rows_give_the_same_as_the_whole_grid(
    grid_hw: tuple[int, int], block: int, reach: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 2, grid_hw[0] * grid_hw[1], 4)
    leading_k, leading_v = torch.randn(2, 2, 2, 1, 4)

    def mixed() -> torch.Tensor:
        return halo.of_blocks(q, k, v, leading_k, leading_v, grid_hw=grid_hw, block=block, halo=3, reach=reach)

    monkeypatch.setattr(halo, "BAND", 10**6)
    whole = mixed()
    monkeypatch.setattr(halo, "BAND", 1)
    assert torch.allclose(mixed(), whole, atol=1e-6)


def test_the_surroundings_of_a_block() -> None:
    grid = torch.arange(1.0, 9)[None, None, :, None]  # 2 x 4
    around = surroundings(grid, grid_hw=(2, 4), block=2, halo=1)[0, 0, :, :, 0]
    assert around.shape == (2, 16)
    assert around[0].reshape(4, 4).tolist() == [[0, 0, 0, 0], [0, 1, 2, 3], [0, 5, 6, 7], [0, 0, 0, 0]]


def test_a_halo_is_not_negative() -> None:
    with pytest.raises(HondoError, match="halo=-1"):
        halo_attention(dim=8, num_heads=2, halo=-1)
