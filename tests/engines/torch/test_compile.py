"""torch.compile: the same map as torch, what it keeps, what it refuses."""

import shutil

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.engines.torch import compile as torch_compile

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler (g++) is here")


def torch_map(model, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return model(torch.from_numpy(image))[0].numpy()


@needs_compiler
def test_a_compiled_model_gives_torchs_map(quick_compiler, tiny_model, image) -> None:
    predictor = torch_compile.load(tiny_model, device="cpu")
    np.testing.assert_allclose(predictor.run(image), torch_map(tiny_model, image), atol=1e-5)
    assert (predictor.engine, predictor.precision) == ("torch_compile", "fp32")


@needs_compiler
def test_a_compiled_model_in_half_precision_is_close(quick_compiler, tiny_model, image) -> None:
    predictor = torch_compile.load(tiny_model, device="cpu", precision="bf16")
    given = predictor.run(image)
    assert given.dtype == np.float32 and predictor.precision == "bf16"
    assert 0 < np.abs(given / torch_map(tiny_model, image) - 1).max() < 0.05


def test_a_missing_compiler_is_named(tiny_model, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(HondoError, match=r"torch_compile needs a C\+\+ compiler.*apt install g\+\+"):
        torch_compile.load(tiny_model, device="cpu")
