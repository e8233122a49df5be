"""Whole numbers and their steps: the law of half a step, exact values, rows of zeros, what is not finite."""

import pytest
import torch

from hondo.nn.int8 import LARGEST, from_int8, to_int8

SHAPES = [(5, 7), (4, 3, 3, 3), (6, 1, 5, 5), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e20])
def test_every_number_comes_back_within_half_a_step(shape: tuple[int, ...], scale: float) -> None:
    values = scale * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    whole, step = to_int8(values)
    assert whole.dtype == torch.int8 and whole.shape == values.shape and step.shape == shape[:1]
    error = (from_int8(whole, step) - values).abs().flatten(1)
    assert bool((error <= 0.5001 * step[:, None]).all())


def test_exact_values() -> None:
    whole, step = to_int8(torch.tensor([[127.0, -127.0, 63.4, -0.4], [0.254, 0.0, -0.002, 0.001]]))
    assert whole.tolist() == [[127, -127, 63, 0], [127, 0, -1, 0]]
    assert step.tolist() == pytest.approx([1.0, 0.002])


def test_the_largest_of_each_row_is_kept_and_no_more_is_lost_the_second_time() -> None:
    values = torch.randn(64, 50)
    whole, step = to_int8(values)
    again, step_again = to_int8(from_int8(whole, step))
    assert bool((whole.abs().amax(dim=1) == LARGEST).all())
    assert torch.equal(whole, again) and torch.allclose(step, step_again, rtol=1e-6)


def test_rows_do_not_see_each_other() -> None:
    values = torch.randn(3, 8)
    louder = values.clone()
    louder[1] *= 1000
    assert torch.equal(to_int8(values)[0], to_int8(louder)[0])


def test_a_row_of_zeros_stays_zero() -> None:
    assert from_int8(*to_int8(torch.zeros(2, 4))).tolist() == [[0.0] * 4] * 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_stays_so_in_its_row_alone(bad: float) -> None:
    values = torch.ones(2, 4)
    values[0, 2] = bad
    back = from_int8(*to_int8(values))
    assert not back[0].isfinite().any() and torch.allclose(back[1], torch.ones(4))
