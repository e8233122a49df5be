"""Attention in int8: decomposed it gives the same, both products are quantized, and each can stay in float."""

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.openvino.attention_ranges import VALUES, is_attention_product
from hondo.engines.openvino.decompose import decompose_attention, fold_constants
from hondo.engines.openvino.graph import convert
from hondo.engines.openvino.int8 import _run_of
from hondo.engines.openvino.quantized_layers import layers_of, with_float
from hondo.engines.openvino.range_placement import move_quantizers_before_layouts
from hondo.engines.openvino.ranges import with_ranges
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.tracing.export_graph import module_paths, trace
from hondo.models.base.depth_model import DepthModel
from hondo.nn.attention.softmax import SoftmaxAttention
from hondo.nn.tokens import map_from_tokens, tokens_from_map

pytest.importorskip("openvino")
pytest.importorskip("nncf")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


class Attentive(nn.Module):
    """One attention between two convolutions; ``sharpness`` multiplies its scores."""

    def __init__(self, *, sharpness: float = 1.0) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 16, 4, stride=4), nn.Conv2d(16, 1, 1)
        self.attn = SoftmaxAttention(dim=16, num_heads=2)
        with torch.no_grad():
            self.attn.qkv.weight[:16] *= sharpness

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image)
        grid_hw = x.shape[-2], x.shape[-1]
        x = x + map_from_tokens(self.attn(tokens_from_map(x), grid_hw), grid_hw)
        return self.last(x).sigmoid().repeat_interleave(4, 2).repeat_interleave(4, 3) + 0.1


def traced(network: nn.Module):
    """The float graph, attention as one operation, and the module that each operation came from."""
    model = DepthModel(network, name="attentive", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    program = trace(model, size_hw=SPEC.size_hw)
    graph = convert(program, shape=(1, 3, *SPEC.size_hw), num_previous=0)
    fold_constants(graph)
    return graph, module_paths(program)


@pytest.fixture(scope="module")
def images() -> Calibration:
    return Calibration(images=np.random.default_rng(0).integers(0, 256, (8, 3, *SPEC.size_hw), dtype=np.uint8))


@pytest.fixture(scope="module")
def spelled():
    torch.manual_seed(0)
    graph, paths = traced(Attentive())
    decompose_attention(graph)
    return graph, paths


def given(graph, image) -> np.ndarray:
    return _run_of(graph, "fp32")(image).copy()


def test_spelled_out_attention_is_what_it_was(images) -> None:
    torch.manual_seed(0)
    graph, _ = traced(Attentive(sharpness=30))
    image = images.at(0)
    wanted = given(graph, image)
    assert "ScaledDotProductAttention" in {op.get_type_name() for op in graph.get_ops()}
    decompose_attention(graph)
    assert "ScaledDotProductAttention" not in {op.get_type_name() for op in graph.get_ops()}
    np.testing.assert_allclose(given(graph, image), wanted, rtol=1e-5)


def test_probabilities_and_values_are_rounded_within_their_ranges(spelled, images) -> None:
    graph, _ = spelled
    rounded = with_ranges(graph, images, estimator="MINMAX", num_previous=0)
    (mix,) = (op for op in rounded.get_ops() if is_attention_product(op))
    kinds = [value.get_node().get_type_name() for value in mix.input_values()]
    assert kinds == ["FakeQuantize", "FakeQuantize"]
    (low, high), (least, most) = (
        [float(value.get_node().input_value(index).get_node().data) for index in (1, 2)] for value in mix.input_values()
    )
    assert low == 0 and 1 / 96 < high <= 1  # 96 tokens: the highest probability is at least their mean
    assert least == pytest.approx(-most * 128 / 127)


def test_the_mix_of_values_is_a_layer_of_its_own_and_can_be_spared(spelled, images) -> None:
    graph, paths = spelled
    rounded = with_ranges(graph, images, estimator="MINMAX", num_previous=0)
    layers = layers_of(rounded, paths)
    (values,) = (name for name in layers if name.endswith(VALUES))
    assert values.removesuffix(VALUES) in layers
    image = images.at(0)
    wanted = given(graph, image)
    spared = with_float(rounded, graph, [name for names in layers.values() for name in names])
    move_quantizers_before_layouts(spared)
    np.testing.assert_allclose(given(spared, image), wanted, rtol=1e-5)
    only = with_float(rounded, graph, [name for layer, names in layers.items() if layer != values for name in names])
    move_quantizers_before_layouts(only)
    assert 1e-6 < np.abs(given(only, image) - wanted).max() < 0.02 * wanted.max()


def test_attention_with_a_mask_stays_one_operation() -> None:
    class Masked(Attentive):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            tokens = tokens_from_map(self.first(image))[:, None]
            mask = torch.zeros(tokens.shape[2], tokens.shape[2])
            mixed = nn.functional.scaled_dot_product_attention(tokens, tokens, tokens, attn_mask=mask)
            return self.last(map_from_tokens(mixed[:, 0], (8, 12)))

    graph, _ = traced(Masked())
    before = len(graph.get_ops())
    decompose_attention(graph)
    assert len(graph.get_ops()) == before
