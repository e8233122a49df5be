"""Two layers of lower rank in place of one."""

import pytest
import torch
from torch import nn

from hondo.nn.factored_layers import LowRank, Skip, factored, is_factorable

LAYERS = [
    (nn.Linear(6, 4), torch.rand(2, 5, 6)),
    (nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False), torch.rand(2, 3, 8, 8)),
    (nn.Conv2d(3, 4, 3, padding=2, dilation=2), torch.rand(2, 3, 8, 8)),
]


@pytest.mark.parametrize(("layer", "given"), LAYERS)
def test_full_rank_is_the_layer(layer: nn.Module, given: torch.Tensor) -> None:
    low = factored(layer, rank=4)
    assert torch.allclose(low(given), layer(given), atol=1e-5)
    assert isinstance(low, LowRank) and not is_factorable(low)


@pytest.mark.parametrize(("layer", "given"), LAYERS)
def test_a_lower_rank_is_the_closest(layer: nn.Module, given: torch.Tensor) -> None:
    low = factored(layer, rank=1)
    narrow, widen = (each.weight.detach().flatten(1) for each in low)
    weight = layer.weight.detach().flatten(1)
    lost = float((widen @ narrow - weight).square().sum())
    assert lost == pytest.approx(float(torch.linalg.svdvals(weight)[1:].square().sum()), rel=1e-4)


def test_grouped_and_special_convolutions_are_left_alone() -> None:
    class Own(nn.Conv2d):
        pass

    assert not is_factorable(nn.Conv2d(4, 4, 3, groups=4)) and not is_factorable(Own(4, 4, 3))


def test_skip_passes_its_first_argument() -> None:
    x = torch.rand(2, 3)
    assert Skip()(x, (1, 2)) is x
