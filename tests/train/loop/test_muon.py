from copy import deepcopy

import pytest
import torch
from torch import nn

from hondo.train.loop.loop_config import OptimConfig
from hondo.train.loop.muon import Muon, is_matrix, orthogonalised
from hondo.train.loop.optim import make_optimizer


@pytest.mark.parametrize("shape", [(16, 16), (24, 100), (100, 24)])
def test_orthogonalised_keeps_directions_and_brings_all_singular_values_near_1(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    made = orthogonalised(matrix)
    values = torch.linalg.svdvals(made)
    assert made.shape == matrix.shape and made.dtype == matrix.dtype
    assert values.min() > 0.3 and values.max() < 1.3
    U, _, Vt = torch.linalg.svd(matrix, full_matrices=False)
    inside = U.T @ made @ Vt.T  # diagonal in the singular vectors of the matrix
    assert (inside - inside.diag().diag()).abs().max() < 0.05


def test_orthogonalised_does_not_depend_on_the_length_and_maps_0_to_0():
    matrix = torch.randn(20, 30, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(orthogonalised(1000 * matrix), orthogonalised(matrix), rtol=0, atol=0.02)
    assert not orthogonalised(torch.zeros(20, 30)).any()


def test_what_is_a_matrix():
    assert is_matrix(nn.Conv2d(16, 32, 3).weight) and is_matrix(nn.Linear(16, 16).weight)
    depthwise, head = nn.Conv2d(32, 32, 3, groups=32).weight, nn.Conv2d(32, 1, 3).weight
    assert not any(is_matrix(p) for p in (depthwise, head, nn.Linear(16, 16).bias, nn.BatchNorm2d(64).weight))


def test_the_first_step_of_everything_else_is_that_of_adamw():
    ours, theirs = (nn.Linear(3, 2) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    optimizers = [make_optimizer(m, OptimConfig(name=n, lr=0.01)) for m, n in ((ours, "muon"), (theirs, "adamw"))]
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))
    for _ in range(3):
        for layer, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            layer(x).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight)


def test_steps_of_matrices_have_the_stated_size_and_go_downhill():
    layer = nn.Conv2d(16, 16, 3, bias=False)
    optimizer = make_optimizer(layer, OptimConfig(name="muon", lr=0.05, weight_decay=0.0))
    x = torch.randn(4, 16, 6, 6, generator=torch.Generator().manual_seed(4))
    before, losses = layer.weight.detach().clone(), []
    for step in range(20):
        optimizer.zero_grad()
        loss = layer(x).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if step == 0:
            assert 0.5 < float((layer.weight.detach() - before).square().mean().sqrt()) / (0.05 * 0.2) < 1.3
    assert losses[-1] < 0.2 * losses[0], losses


def test_its_state_goes_on_where_it_stopped():
    x = torch.randn(4, 16, generator=torch.Generator().manual_seed(5))

    def trained(steps: int, layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            layer(x).square().mean().backward()
            optimizer.step()

    config = OptimConfig(name="muon", lr=0.01)
    layer, resumed = nn.Linear(16, 16), nn.Linear(16, 16)
    optimizer, other = make_optimizer(layer, config), make_optimizer(resumed, config)
    trained(2, layer, optimizer)
    resumed.load_state_dict(layer.state_dict())
    other.load_state_dict(deepcopy(optimizer.state_dict()))
    trained(2, layer, optimizer)
    trained(2, resumed, other)
    assert torch.equal(layer.weight, resumed.weight) and isinstance(other, Muon)
