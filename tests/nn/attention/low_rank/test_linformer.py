"""A projection that is resampled keeps its sums."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.low_rank.linformer import linformer_attention, resampled


@pytest.mark.parametrize("count", [4, 8, 20])
def test_the_sum_of_every_row_stays(count: int) -> None:
    rows = torch.full((2, 8), 1 / 8)
    assert torch.allclose(resampled(rows, count).sum(dim=1), torch.ones(2), atol=1e-5)
    assert resampled(rows, count).shape == (2, count)


def test_a_rank_above_the_length_is_refused() -> None:
    with pytest.raises(HondoError, match="rank=9 and length=8"):
        linformer_attention(dim=8, num_heads=2, rank=9, length=8)
