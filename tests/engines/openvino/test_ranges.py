"""Which operations of a graph get ranges: sums of convolutional networks do, depth of one channel does not."""

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.types import DepthKind, InputSpec
from hondo.engines.openvino.attention_ranges import symmetric_range
from hondo.engines.openvino.decompose import fold_constants
from hondo.engines.openvino.graph import convert_model
from hondo.engines.openvino.quantized_layers import _is_quantized, _module_of
from hondo.engines.openvino.ranges import has_attention, make_symmetric, single_channels, small, with_ranges
from hondo.engines.quantization.calibration import Calibration
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import BilinearUpsample

openvino = pytest.importorskip("openvino")
pytest.importorskip("nncf")
SPEC = InputSpec(size_hw=(32, 48), multiple_of=16)


class Summed(nn.Module):
    """A residual connection, and, where it ``attends``, tokens that look at one another."""

    def __init__(self, *, attending: bool) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(8, 8, 1)
        self.first, self.second = nn.Conv2d(3, 8, 3, stride=4, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.last, self.attending = nn.Conv2d(8, 1, 1), attending
        self.enlarge = BilinearUpsample(4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image).relu()
        x = (x + self.second(x)).relu()
        x = x * self.squeeze(x.mean((2, 3), keepdim=True)).sigmoid()
        if self.attending:
            tokens = x.flatten(2).transpose(1, 2)
            x = (tokens.mT @ (tokens @ tokens.mT).softmax(-1).mT).unflatten(2, x.shape[2:])
        return self.enlarge(self.last(x).float())


def quantised(*, attending: bool):
    torch.manual_seed(0)
    network = Summed(attending=attending)
    model = DepthModel(network, name="summed", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    graph = convert_model(model, (1, 3, *SPEC.size_hw))
    fold_constants(graph)
    return graph, with_ranges(graph, images(), estimator="MINMAX", num_previous=0)


def images() -> Calibration:
    return Calibration(images=np.random.default_rng(0).integers(0, 256, (8, 3, *SPEC.size_hw), dtype=np.uint8))


@pytest.mark.parametrize("attending", [False, True])
def test_sums_are_rounded_in_convolutional_networks_only(attending) -> None:
    graph, rounded = quantised(attending=attending)
    assert has_attention(graph) is attending
    (total,) = (
        op
        for op in rounded.get_ops()
        if op.get_type_name() == "Add"
        and "Constant" not in [value.get_node().get_type_name() for value in op.input_values()]
        and _module_of(op, {}).startswith("add")
    )
    kinds = [value.get_node().get_type_name() for value in total.input_values()]
    assert ("FakeQuantize" in kinds) is not attending


@pytest.mark.parametrize("spared", [single_channels, small])
def test_convolutions_of_one_channel_or_one_pixel_stay_in_float(spared) -> None:
    graph, rounded = quantised(attending=False)
    (name,) = spared(graph)
    (conv,) = (op for op in rounded.get_ops() if op.get_friendly_name() == name)
    assert not any(_is_quantized(value.get_node()) for value in conv.input_values())


def test_depthwise_convolutions_have_one_range_for_all_channels() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 1, 1))
    model = DepthModel(network, name="depthwise", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC).eval()
    graph = convert_model(model, (1, 3, *SPEC.size_hw))
    fold_constants(graph)
    rounded = with_ranges(graph, images(), estimator="MINMAX", num_previous=0)
    (conv,) = (op for op in rounded.get_ops() if op.get_type_name() == "GroupConvolution")
    source = conv.input_value(0).get_node()
    assert source.get_type_name() == "FakeQuantize" and np.size(source.input_value(1).get_node().data) == 1


def graph_with(low: float, high: float):
    """A range, padding, a transposed convolution."""
    ops = openvino.opset13
    ends = [ops.constant(np.float32(end)) for end in (low, high, low, high)]
    image = ops.parameter([1, 2, 4, 4], np.float32)
    padded = ops.pad(ops.fake_quantize(image, *ends, 256), [0, 0, 1, 1], [0, 0, 1, 1], "edge")
    weight = ops.constant(np.ones((2, 3, 2, 2), np.float32))
    return openvino.Model([ops.convolution_backprop_data(padded, weight, [2, 2])], [image], "graph")


def ends_in(graph) -> list[float]:
    (quantise,) = (op for op in graph.get_ops() if op.get_type_name() == "FakeQuantize")
    return [float(quantise.input_value(index).get_node().data) for index in (1, 2, 3, 4)]


@pytest.mark.parametrize(("low", "high"), [(-0.5, 4.0), (-4.0, 0.5), (-1.0, 1.0)])
def test_a_signed_range_holds_what_it_held_and_its_middle_is_zero(low, high) -> None:
    graph = graph_with(low, high)
    assert make_symmetric(graph) == 1
    new_low, new_high, out_low, out_high = ends_in(graph)
    assert new_low <= low + 1e-6 and new_high >= high - 1e-6
    assert new_low / -128 == pytest.approx(new_high / 127)
    assert (out_low, out_high) == (new_low, new_high)


def test_an_unsigned_range_stays() -> None:
    graph = graph_with(0.0, 4.0)
    assert make_symmetric(graph) == 0 and ends_in(graph) == [0.0, 4.0, 0.0, 4.0]


def test_ranges_of_other_readers_stay() -> None:
    ops = openvino.opset13
    ends = [ops.constant(np.float32(end)) for end in (-0.5, 4.0, -0.5, 4.0)]
    image = ops.parameter([1, 2, 4, 4], np.float32)
    graph = openvino.Model([ops.relu(ops.fake_quantize(image, *ends, 256))], [image], "graph")
    assert make_symmetric(graph) == 0 and ends_in(graph)[:2] == [-0.5, 4.0]


def test_a_symmetric_range_is_the_smallest_of_its_kind() -> None:
    low, high = symmetric_range(np.float32([-1.28, -0.1]), np.float32([0.3, 1.27]))
    np.testing.assert_allclose(low, [-1.28, -1.28], rtol=1e-6)
    np.testing.assert_allclose(high, [1.27, 1.27], rtol=1e-6)
