"""The int8 layer against the float one: exact on whole numbers, bounded on others, shapes, odd sizes, not finite."""

import pytest
import torch
from torch import nn

from hondo.nn.int8 import to_int8
from hondo.nn.int8_linear import Int8Linear, int8_linear


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
