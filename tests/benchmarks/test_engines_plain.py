"""A plain conversion gives the map of the eager model; what a tool refuses is told in one line."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.depth_model import DepthModel

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "engines_plain.py"


@pytest.fixture(scope="module")
def plain():
    spec = importlib.util.spec_from_file_location("engines_plain", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model() -> DepthModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=(16, 16), multiple_of=1, mean=(0, 0, 0), std=(1, 1, 1))
    network = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.Softplus())
    return DepthModel(network, name="m", kind=DepthKind.METRIC_DEPTH, input_spec=spec).eval()


def test_openvino_gives_torchs_map(plain, model: DepthModel) -> None:
    pytest.importorskip("openvino")
    made = plain.plain("openvino", model, (16, 16))
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert made.precision in ("fp32", "bf16", "fp16")
    with torch.inference_mode():
        np.testing.assert_allclose(made.call(), model(image)[0].numpy(), rtol=0.02)


def test_a_refusal_is_one_line(plain, model: DepthModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise RuntimeError("no such operator\nand a long trace")

    monkeypatch.setitem(plain.PLAIN, "openvino", refuse)
    assert plain.plain("openvino", model, (16, 16)) == "RuntimeError: no such operator"
