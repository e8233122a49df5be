"""Window attention: who sees whom."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.fixed_patterns.window import WindowAttention, into_windows, is_token, out_of_windows
from hondo.nn.attention.softmax import SoftmaxAttention


@pytest.mark.parametrize("leading", [0, 2])
def test_one_window_is_softmax_attention(leading: int) -> None:
    torch.manual_seed(0)
    windows, softmax = WindowAttention(dim=16, num_heads=2, window=8), SoftmaxAttention(dim=16, num_heads=2)
    windows.load_state_dict(softmax.state_dict())
    tokens = torch.randn(2, leading + 12, 16)
    with torch.no_grad():
        assert torch.allclose(windows(tokens, (3, 4)), softmax(tokens, (3, 4)), atol=1e-5)


def test_a_token_sees_its_own_window_alone() -> None:
    torch.manual_seed(0)
    module, tokens = WindowAttention(dim=8, num_heads=2, window=2), torch.randn(1, 15, 8)
    changed = tokens.clone()
    changed[0, 0] += 1  # row 0, column 0 of 3x5
    with torch.no_grad():
        moved = (module(changed, (3, 5)) - module(tokens, (3, 5))).abs().amax(-1)[0] > 1e-6
    assert moved.nonzero().flatten().tolist() == [0, 1, 5, 6]


@pytest.mark.parametrize("grid_hw", [(4, 6), (5, 7), (1, 3)])
def test_windows_are_undone(grid_hw: tuple[int, int]) -> None:
    tokens = torch.randn(2, grid_hw[0] * grid_hw[1], 3)
    windows = into_windows(tokens, grid_hw=grid_hw, window=(2, 3))
    assert windows.shape[2] == 6
    assert torch.equal(out_of_windows(windows, grid_hw=grid_hw, window=(2, 3)), tokens)


def test_filling_is_masked() -> None:
    device = torch.device("cpu")
    assert is_token((4, 6), window=(2, 3), leading=0, batch=1, device=device) is None
    mask = is_token((3, 3), window=(2, 3), leading=1, batch=2, device=device)
    assert mask is not None and mask.shape == (4, 1, 1, 7)
    assert mask[1, 0, 0].tolist() == [True, True, True, True, False, False, False]


def test_a_window_has_a_width() -> None:
    with pytest.raises(HondoError, match="window=0"):
        WindowAttention(dim=8, num_heads=2, window=0)
