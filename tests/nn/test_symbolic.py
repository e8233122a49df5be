"""Sizes of graphs for any size."""

import torch
from torch import Tensor, nn

from hondo.nn.symbolic import is_symbolic, steps_over


class Asked(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + is_symbolic(*x.shape)


def test_numbers_are_known_and_symbols_are_not() -> None:
    assert not is_symbolic(3, 4)
    example, dim = torch.zeros(4, 6), torch.export.Dim("n", min=2, max=9)
    for shapes, is_open in ((None, 0), (({1: dim},), 1)):
        program = torch.export.export(Asked(), (example,), dynamic_shapes=shapes)
        assert program.module()(example).max() == is_open


def test_the_last_step_may_be_a_part() -> None:
    assert [steps_over(side, 4) for side in (1, 4, 5, 8, 9)] == [1, 1, 2, 2, 3]
