"""int8 values are made where the floats are: by the operation that computes them, in front of what lays them out anew.

A range behind a reshape or a transposition costs a pass of its own over values twice as wide; in front of it OpenVINO
rounds as the convolution writes its result.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from hondo.engines.openvino.runtime import openvino_package

if TYPE_CHECKING:
    import openvino

LAYING_OUT = ("Reshape", "Transpose")
ROUNDING = ("Add", "Convolution", "Gelu", "GroupConvolution", "Relu")  # what rounds as it writes, and what ends it
ENDS = range(1, 5)  # inputs of a range: lowest and highest value, before and after

Factors = Float[np.ndarray, "..."]


def round_early(graph: "openvino.Model") -> int:
    """Moves, in place, ranges of whole tensors in front of reshapes and transpositions; how many were moved."""
    return sum(_moved(op) for op in graph.get_ordered_ops() if op.get_type_name() == "FakeQuantize" and _is_whole(op))


def before_layouts(factors: Factors, layouts: "Sequence[openvino.Node]") -> Factors:
    """What ``factors``, which hold behind ``layouts``, are in front of them; one value where all along a side agree."""
    factors = np.broadcast_to(factors, list(layouts[-1].get_output_shape(0)))
    for op in reversed(layouts):
        if op.get_type_name() == "Transpose":
            factors = factors.transpose(np.argsort(op.input_value(1).get_node().data))
        else:
            factors = factors.reshape(list(op.get_input_shape(0)))
    for side in range(factors.ndim):
        first = factors.take([0], axis=side)
        factors = first if (factors == first).all() else factors
    return np.ascontiguousarray(factors)


def _moved(quantise: "openvino.Node") -> bool:
    """NNCF may have put factors a channel (smooth quantisation) between range and layout; they move along."""
    ops = openvino_package().opset13
    node, factors = quantise.input_value(0).get_node(), None
    if node.get_type_name() == "Multiply" and _has_one_reader(node) and _is_constant(node.input_value(1)):
        node, factors = node.input_value(0).get_node(), node.input_value(1).get_node().data
    layouts = _layouts_before(node)
    if not layouts or layouts[0].input_value(0).get_node().get_type_name() not in ROUNDING:
        return False
    value = layouts[0].input_value(0)
    if len(value.get_target_inputs()) > 1:  # others read the float values
        return False
    if factors is not None:
        value = ops.multiply(value, ops.constant(before_layouts(factors, layouts))).output(0)
    ends = (ops.constant(quantise.input_value(index).get_node().data.reshape(())) for index in ENDS)
    rounded = ops.fake_quantize(value, *ends, quantise.get_attributes()["levels"])
    layouts[0].input(0).replace_source_output(rounded.output(0))
    for reader in quantise.output(0).get_target_inputs():
        reader.replace_source_output(layouts[-1].output(0))
    return True


def _layouts_before(node: "openvino.Node") -> "list[openvino.Node]":
    """The chain of layouts that ends with ``node``, first to last, as far as nothing else reads it."""
    chain: list[openvino.Node] = []
    while node.get_type_name() in LAYING_OUT and _has_one_reader(node) and _is_constant(node.input_value(1)):
        chain.insert(0, node)
        node = node.input_value(0).get_node()
    return chain


def _is_whole(quantise: "openvino.Node") -> bool:
    ends = [quantise.input_value(index).get_node() for index in ENDS]
    return all(end.get_type_name() == "Constant" and np.size(end.data) == 1 for end in ends)


def _is_constant(value: "openvino.Output") -> bool:
    return value.get_node().get_type_name() == "Constant"


def _has_one_reader(node: "openvino.Node") -> bool:
    return sum(len(output.get_target_inputs()) for output in node.outputs()) == 1
