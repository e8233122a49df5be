"""The heaviest layers, and what the engines that can name their kernels tell of a small network."""

import numpy as np
import pytest

from hondo.engines.base.engine import LoadOptions
from hondo.engines.base.layer_times import LayerTime, heaviest
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel


def layer(milliseconds: float) -> LayerTime:
    return LayerTime(name=f"layer {milliseconds}", kind="Convolution", kernel="k", milliseconds=milliseconds)


def test_the_longest_come_first() -> None:
    assert heaviest([layer(1), layer(3), layer(2)], count=2) == (layer(3), layer(2))


@pytest.mark.parametrize("engine", ["torch", "onnx", "openvino"])
def test_an_engine_names_its_kernels(engine: str, tiny_model: DepthModel) -> None:
    predictor = ENGINES[engine].load(tiny_model, LoadOptions())
    image = np.random.default_rng(0).random((1, 3, *predictor.input_spec.size_hw), dtype=np.float32)
    assert predictor.layer_times is not None
    layers = predictor.layer_times(image)
    assert any("conv" in layer.kind.lower() for layer in layers)
    assert all(layer.name and layer.kernel and layer.milliseconds >= 0 for layer in layers)
    assert sum(layer.milliseconds for layer in layers) > 0
