"""Position embeddings on other grids."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.positions import POSITIONS, resized_positions


@pytest.fixture
def positions() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(1, 1 + 4 * 6, 8)


@pytest.mark.parametrize("how", list(POSITIONS))
def test_shape_prefix_and_identity(positions: torch.Tensor, how: str) -> None:
    out = resized_positions(positions, grid_hw=(4, 6), size_hw=(7, 3), how=how)
    assert out.shape == (1, 22, 8)
    assert torch.equal(out[:, :1], positions[:, :1]), "the class token's stays"
    assert resized_positions(positions, grid_hw=(4, 6), size_hw=(4, 6), how=how) is positions


@pytest.mark.parametrize("how", list(POSITIONS))
def test_a_constant_stays_constant(how: str) -> None:
    out = resized_positions(torch.full((1, 24, 2), 3.0), grid_hw=(4, 6), size_hw=(9, 5), how=how)
    assert torch.allclose(out, torch.full((1, 45, 2), 3.0), atol=1e-5)


def test_corners_keep_the_corner_cells(positions: torch.Tensor) -> None:
    grid = positions[:, 1:].unflatten(1, (4, 6))
    out = resized_positions(positions, grid_hw=(4, 6), size_hw=(9, 11), how="corners")[:, 1:].unflatten(1, (9, 11))
    assert torch.allclose(out[:, 0, 0], grid[:, 0, 0]) and torch.allclose(out[:, -1, -1], grid[:, -1, -1])
    assert torch.allclose(out[:, 0, 2], grid[:, 0, 1], atol=1e-6), "2 of 10 steps are 1 of 5"


def test_dino_samples_by_factors_that_miss_the_last_cell_a_little() -> None:
    ramp = torch.arange(37.0).repeat(37, 1).reshape(1, 37 * 37, 1)
    out = resized_positions(ramp, grid_hw=(37, 37), size_hw=(18, 18), how="dino").reshape(18, 18)
    expected = (torch.arange(18) + 0.5) * 37 / 18.1 - 0.5
    assert torch.allclose(
        out[9, 10:-2], expected[10:-2], atol=0.05
    )  # bicubic bends a ramp a little; without the offset it misses by 0.2


def test_an_unknown_way_is_refused(positions: torch.Tensor) -> None:
    with pytest.raises(HondoError, match="resizing of position embeddings"):
        resized_positions(positions, grid_hw=(4, 6), size_hw=(2, 2), how="nearest")
