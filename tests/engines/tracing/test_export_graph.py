"""The graph that exporters take."""

import logging
import operator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.tracing.export_graph import silent, squares_as_products, trace
from hondo.models.base.depth_model import DepthModel


def test_threads_may_export_at_once(tiny_model) -> None:
    with ThreadPoolExecutor(3) as pool:
        programs = list(pool.map(lambda width: trace(tiny_model, size_hw=(32, width)), (32, 64, 96)))
    for program, width in zip(programs, (32, 64, 96), strict=True):
        assert program.module()(torch.zeros(1, 3, 32, width)).shape == (1, 1, 32, width)


class OfPairs(nn.Module):
    """Needs an even number of its steps of 16 pixels, which its input spec does not say."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image: Tensor) -> list[Tensor]:
        batch, _, height, width = image.shape
        pairs = (self.scale * image[:, :1]).reshape(batch, 1, height, width // 32, 32)
        return [pairs.reshape(batch, 1, height, width)]


def test_a_graph_for_any_size_runs_at_other_sizes(tiny_model) -> None:
    program = trace(tiny_model, size_hw=(32, 64), dynamic=True)
    assert program.module()(torch.zeros(3, 3, 64, 32)).shape == (3, 1, 64, 32)


def test_a_model_that_does_not_take_every_size_is_refused_before_the_export() -> None:
    spec = InputSpec(size_hw=(32, 64), multiple_of=16)
    model = DepthModel(OfPairs(), name="pairs", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec).eval()
    with pytest.raises(HondoError, match=r"pairs cannot be exported for any size; leave out dynamic=True"):
        trace(model, size_hw=(32, 64), dynamic=True)


@pytest.mark.parametrize("before", [logging.NOTSET, logging.ERROR])
def test_silence_ends_with_the_last_of_several_and_leaves_what_was(before: int) -> None:
    logging.disable(before)
    try:
        first, second = silent(), silent()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert logging.root.manager.disable == max(before, logging.WARNING)
        second.__exit__(None, None, None)
        assert logging.root.manager.disable == before
    finally:
        logging.disable(logging.NOTSET)


class Squared(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.ones(x.shape[0] ** 2)


def test_squares_of_sizes_become_products() -> None:
    shapes = ({0: torch.export.Dim("n", min=2, max=9)},)
    program = torch.export.export(Squared(), (torch.zeros(3),), dynamic_shapes=shapes)
    assert any(node.target in (pow, operator.pow) for node in program.graph.nodes)
    squares_as_products(program)
    assert not any(node.target in (pow, operator.pow) for node in program.graph.nodes)
    assert program.module(check_guards=False)(torch.zeros(5)).shape == (25,)
