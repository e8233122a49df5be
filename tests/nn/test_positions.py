"""Position embeddings on other grids."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.positions import POSITIONS, PositionGrid, dino_in_graph, resized_positions


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


@pytest.mark.parametrize("size_hw", [(4, 6), (4, 9), (7, 3), (1, 13)])
def test_the_matrices_of_dino_are_its_resizing(positions: torch.Tensor, size_hw: tuple[int, int]) -> None:
    out = dino_in_graph(positions[:, 1:].transpose(1, 2).unflatten(2, (4, 6)), size_hw)
    wanted = resized_positions(positions, grid_hw=(4, 6), size_hw=size_hw, how="dino")[:, 1:]
    assert torch.allclose(out.flatten(2).transpose(1, 2), wanted, atol=1e-5)


def test_an_unknown_way_is_refused(positions: torch.Tensor) -> None:
    with pytest.raises(HondoError, match="resizing of position embeddings"):
        resized_positions(positions, grid_hw=(4, 6), size_hw=(2, 2), how="nearest")


def test_its_own_grid_gets_the_weight_itself() -> None:
    positions = PositionGrid(4, grid_hw=(3, 5), leading=1)
    assert positions((3, 5)) is positions.weight and positions.weight.shape == (1, 16, 4)


def test_a_plane_stays_a_plane_and_the_leading_token_stays_as_it_is() -> None:
    positions = PositionGrid(1, grid_hw=(4, 6), leading=1)
    rows, columns = torch.meshgrid(torch.arange(4) + 0.5, torch.arange(6) + 0.5, indexing="ij")
    with torch.no_grad():
        positions.weight.copy_(torch.cat([torch.tensor([7.0]), (rows + 10 * columns).flatten()]).view(1, 25, 1))
        resized = positions((8, 12))[0, :, 0]
    assert resized[0] == 7
    rows, columns = torch.meshgrid((torch.arange(8) + 0.5) / 2, (torch.arange(12) + 0.5) / 2, indexing="ij")
    inner = (slice(1, -1), slice(1, -1))  # bilinear resizing repeats the outermost half pixel
    assert torch.allclose(resized[1:].view(8, 12)[inner], (rows + 10 * columns)[inner], atol=1e-4)


def test_a_size_is_computed_once_until_the_weight_changes() -> None:
    positions = PositionGrid(4, grid_hw=(3, 5)).eval()
    with torch.no_grad():
        first = positions((6, 4))
        assert positions((6, 4)) is first
        positions.weight.add_(1)
        assert torch.allclose(positions((6, 4)), first + 1, atol=1e-6)
        positions.load_state_dict({"weight": torch.zeros(1, 15, 4)}, assign=True)
        assert not positions((6, 4)).any()


def test_training_gets_a_gradient_at_every_size() -> None:
    positions = PositionGrid(4, grid_hw=(3, 5))
    with torch.no_grad():
        positions((6, 4))
    positions((6, 4)).sum().backward()
    assert positions.weight.grad is not None and torch.isclose(positions.weight.grad.sum(), torch.tensor(24.0 * 4))
