import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hondo.nn.blocks.weight_gradient import FastWeightGradients, does_profit, weight_gradient

SIZE = (2, 24, 31, 37)


def maps(*, outputs: int, padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    b, _, h, w = SIZE
    image = torch.randn(SIZE).contiguous(memory_format=torch.channels_last)
    return image, torch.randn(b, outputs, h - 2 + 2 * padding, w - 2 + 2 * padding)


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("chunk", [2**9, 2**14, 2**30])
def test_is_autograds_gradient(padding: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hondo.nn.blocks.weight_gradient.CHUNK", chunk)
    image, gradient = maps(outputs=5, padding=padding)
    expected = torch.nn.grad.conv2d_weight(image, [5, 24, 3, 3], gradient, padding=padding)
    torch.testing.assert_close(weight_gradient(image, gradient, padding=padding), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", [0, 1])
def test_a_layer_gets_the_same_value_and_gradients(padding: int) -> None:
    image, gradient = maps(outputs=32, padding=padding)
    layer = nn.Conv2d(24, 32, 3, padding=padding)
    assert does_profit(image, layer.weight, layer.bias, (1, 1), (padding,) * 2, (1, 1), 1)
    found = []
    for context in (torch.enable_grad(), FastWeightGradients()):
        leaf = image.clone(memory_format=torch.preserve_format).requires_grad_()
        with context:
            values = layer(leaf)
        found.append((values, *torch.autograd.grad(values, [leaf, layer.weight, layer.bias], gradient)))
    (plain, *_), (fast, *_) = found
    assert "Convolution" in type(fast.grad_fn).__name__ and type(fast.grad_fn) is not type(plain.grad_fn)
    for expected, actual in zip(*found, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize(
    "change",
    [{"stride": (2, 2)}, {"dilation": (2, 2)}, {"groups": 2}, {"padding": (2, 2)}, {"image": torch.zeros(2, 24, 4, 4)},
     {"image": torch.zeros(SIZE)}, {"weight": torch.zeros(4, 24, 3, 3)}, {"weight": torch.zeros(32, 24, 1, 1)}],
)  # fmt: skip
def test_other_convolutions_stay_as_they_are(change: dict) -> None:
    image, _ = maps(outputs=32, padding=1)
    given = {"image": image, "weight": torch.zeros(32, 24, 3, 3), "bias": None, "stride": (1, 1), "padding": (1, 1),
             "dilation": (1, 1), "groups": 1} | change  # fmt: skip
    given["weight"] = nn.Parameter(given["weight"])
    assert not does_profit(**given)


def test_half_precision_and_frozen_weights_stay_as_they_are() -> None:
    image, _ = maps(outputs=32, padding=1)
    layer = nn.Conv2d(24, 32, 3, padding=1)
    with torch.autocast("cpu", dtype=torch.bfloat16), FastWeightGradients():
        assert layer(image).dtype == torch.bfloat16
    with torch.no_grad(), FastWeightGradients():
        assert torch.equal(layer(image), F.conv2d(image, layer.weight, layer.bias, padding=1))
