"""Times of layers and models on an engine."""

import pytest
import torch
from torch import nn

from hondo.compress.compressor import Tools
from hondo.core.errors import HondoError
from hondo.models.registry.build_model import build_model
from hondo.recipes.compression.layer_latency import layer_ms, with_measures


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_larger_layer_takes_longer(engine: str) -> None:
    small, large = (layer_ms(nn.Conv2d(8, count, 3, padding=1), (1, 8, 48, 48), engine=engine) for count in (8, 512))
    assert 0 < small < large
    assert layer_ms(nn.Linear(8, 8), (1, 5, 8), engine=engine) > 0


def test_other_engines_are_refused() -> None:
    with pytest.raises(HondoError, match="layers are measured on openvino or torch, got 'onnx'"):
        layer_ms(nn.Linear(8, 8), (1, 5, 8), engine="onnx")


def test_tools_measure_a_model() -> None:
    torch.manual_seed(0)
    tools = with_measures(Tools(), engine="torch")
    assert tools.measure is not None and "torch" in tools.device
    assert tools.measure(build_model("hondo-nano-plain", "random", size_hw=(32, 32))) > 0
