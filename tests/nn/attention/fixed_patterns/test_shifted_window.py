"""Windows that begin before the grid does."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.shifted_window import shifted_window_attention
from hondo.nn.attention.fixed_patterns.window import WindowAttention
from tests.nn.attention.seen import changed_by


def test_the_first_window_holds_as_many_as_the_shift() -> None:
    seen = [changed_by("shifted-window", index, grid_hw=(1, 8), window=4, shift=1) for index in (0, 1, 7)]
    assert seen == [[0], [1, 2, 3, 4], [5, 6, 7]]


@pytest.mark.parametrize("leading", [0, 1])
def test_without_a_shift_it_is_window_attention(leading: int) -> None:
    torch.manual_seed(0)
    shifted, plain = (
        shifted_window_attention(dim=8, num_heads=2, window=2, shift=0),
        WindowAttention(dim=8, num_heads=2, window=2),
    )
    shifted.load_state_dict(plain.state_dict())
    tokens = torch.randn(2, leading + 15, 8)
    with torch.no_grad():
        assert torch.allclose(shifted(tokens, (3, 5)), plain(tokens, (3, 5)), atol=1e-6)


def test_a_shift_is_less_than_the_window() -> None:
    with pytest.raises(HondoError, match="shift=4"):
        shifted_window_attention(dim=8, num_heads=2, window=4, shift=4)
