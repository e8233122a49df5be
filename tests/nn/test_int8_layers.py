"""Whole numbers and their steps: the law of half a step, exact values, rows of zeros, what is not finite."""

import pytest
import torch
from torch import nn

from hondo.nn.int8_layers import LARGEST, Int8Linear, from_int8, int8_linear, to_int8

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


def layer(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs, bias=bias)


def test_whole_numbers_are_multiplied_exactly() -> None:
    linear = layer(4, 3)
    linear.weight.data = torch.tensor([[127.0, 1, -3, 0], [-127, 5, 0, 2], [0, 0, 0, 127]])
    tokens = torch.tensor([[[127.0, -1, 2, 3]], [[0, 0, -127, 9]]])
    with torch.no_grad():
        assert torch.allclose(Int8Linear(linear)(tokens), linear(tokens), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 7), (5, 33), (2, 9, 64), (2, 3, 4, 16), (64,)])
@pytest.mark.parametrize("bias", [True, False])
def test_the_error_is_within_what_rounding_allows(shape: tuple[int, ...], bias: bool) -> None:
    linear = layer(shape[-1], 11, bias=bias)
    tokens = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted, given = linear(tokens), Int8Linear(linear)(tokens)
    assert given.shape == wanted.shape
    assert bool(((given - wanted).abs() <= bound(tokens.reshape(-1, shape[-1]), linear).view_as(wanted)).all())
    assert (given - wanted).norm() < 0.03 * wanted.norm()


def bound(tokens: torch.Tensor, linear: nn.Linear) -> torch.Tensor:
    """|x w - (x + a)(w + b)| <= |x| |b| + |a| |w| + |a| |b| with |a|, |b| of half a step, summed over the channels."""
    weight = linear.weight.detach()
    a, b = to_int8(tokens)[1][:, None] / 2, to_int8(weight)[1][None] / 2
    sums = tokens.abs().sum(1)[:, None] * b + a * weight.abs().sum(1)[None] + tokens.shape[1] * a * b
    return sums * 1.0001 + 1e-6


def test_half_precision_comes_back_as_it_came() -> None:
    linear = layer(8, 8)
    tokens = torch.randn(3, 8).to(torch.bfloat16)
    assert Int8Linear(linear)(tokens).dtype == torch.bfloat16


def test_a_token_that_is_not_finite_spoils_only_itself() -> None:
    tokens = torch.randn(3, 8)
    tokens[1, 2] = float("nan")
    result = Int8Linear(layer(8, 5))(tokens)
    assert result[1].isnan().all() and result[[0, 2]].isfinite().all()


def test_it_takes_a_quarter_of_the_memory_and_still_shows_its_weight() -> None:
    linear = layer(256, 128)
    small = Int8Linear(linear)
    held = sum(buffer.numel() * buffer.element_size() for buffer in small.buffers())
    assert held < 0.27 * 4 * (256 * 128 + 128) and not list(small.parameters())
    assert torch.allclose(small.weight, linear.weight, atol=float(small.step.max()) / 2)


def test_the_function_is_what_the_module_calls() -> None:
    linear = layer(6, 4)
    whole, step = to_int8(linear.weight.detach())
    tokens = torch.randn(2, 6)
    assert torch.equal(int8_linear(tokens, whole.t(), step, linear.bias.detach()), Int8Linear(linear)(tokens))
