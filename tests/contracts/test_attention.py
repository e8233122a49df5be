"""What every attention of the table keeps: an entry is tested by being in the table."""

import pytest
import torch

from hondo.nn.attention.registry import ATTENTION, attention

GRID = (4, 6)


@pytest.fixture(params=list(ATTENTION))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_keeps_the_shape_of_its_tokens(name: str) -> None:
    torch.manual_seed(0)
    module = attention(name, dim=32, num_heads=2).eval()
    for grid in (GRID, (5, 3), (1, 7)):
        out = module(torch.randn(2, grid[0] * grid[1], 32), grid)
        assert out.shape == (2, grid[0] * grid[1], 32) and torch.isfinite(out).all()


def test_every_parameter_gets_a_gradient(name: str) -> None:
    torch.manual_seed(0)
    module = attention(name, dim=32, num_heads=2)
    module(torch.randn(2, 24, 32), GRID).square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in module.parameters())


def test_exports(name: str) -> None:
    torch.manual_seed(0)
    module, tokens = attention(name, dim=32, num_heads=2).eval(), torch.randn(1, 24, 32)
    exported = torch.export.export(module, (tokens, GRID)).module()
    with torch.no_grad():
        assert torch.allclose(exported(tokens, GRID), module(tokens, GRID), atol=1e-5)
