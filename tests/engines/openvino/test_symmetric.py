"""Symmetric ranges in front of transposed convolutions."""

import numpy as np
import pytest

from hondo.engines.openvino.symmetric import make_symmetric, symmetric

openvino = pytest.importorskip("openvino")


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
    low, high = symmetric(np.float32([-1.28, -0.1]), np.float32([0.3, 1.27]))
    np.testing.assert_allclose(low, [-1.28, -1.28], rtol=1e-6)
    np.testing.assert_allclose(high, [1.27, 1.27], rtol=1e-6)
