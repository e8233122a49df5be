"""Attention by name: what is built, and what is refused."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.nn.attention.registry import attention


def test_an_attention_keeps_the_shape_of_its_tokens() -> None:
    tokens = torch.rand(2, 6, 16)
    assert attention("softmax", dim=16, num_heads=4)(tokens, (2, 3)).shape == tokens.shape


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("no-such", {}, "no-such"),
        ("softmax", {"dim": 0}, "at least 1"),
        ("softmax", {"colour": 1}, "does not take colour"),
    ],
)
def test_refuses(name: str, options: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        attention(name, **{"dim": 16, "num_heads": 4} | options)
