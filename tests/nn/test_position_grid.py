"""Position embeddings at other sizes than they were made for."""

import torch

from hondo.nn.position_grid import PositionGrid


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
