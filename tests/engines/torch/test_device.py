"""torch devices by name, and half precision in a context."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.engines.torch.engine import mixed_precision, torch_device


def test_auto_takes_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        assert torch_device("auto").type == expected


@pytest.mark.parametrize(("name", "message"), [("gpu", "is unknown"), ("cuda:99", "CUDA devices")])
def test_refuses(name: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        torch_device(name)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_a_product_is_computed_in_the_precision(precision: str, dtype: torch.dtype) -> None:
    x = torch.ones(2, 2)
    with mixed_precision(torch.device("cpu"), precision)():
        assert (x @ x).dtype == dtype
