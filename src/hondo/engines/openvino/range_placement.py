"""Moves quantizers in front of reshapes and transpositions, so that a convolution writes int8 values itself.

A quantizer behind a reshape or a transposition costs a pass of its own over float values.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    import openvino

LAYOUTS = ("Reshape", "Transpose")
# Operations that can write int8 values, and those that OpenVINO fuses into them.
WRITERS = ("Add", "Convolution", "Gelu", "GroupConvolution", "Relu")
ENDS = range(1, 5)  # inputs of a quantizer: lowest and highest value, before and after

Factors = Float[np.ndarray, "..."]


def move_quantizers_before_layouts(graph: "openvino.Model") -> int:
    """Moves, in place, quantizers with one range for the whole tensor; how many were moved."""
    quantizers = [op for op in graph.get_ordered_ops() if op.get_type_name() == "FakeQuantize" and _is_per_tensor(op)]
    return sum(map(_move, quantizers))


def factors_before(factors: Factors, layouts: "Sequence[openvino.Node]") -> Factors:
    """What ``factors``, which hold behind ``layouts``, are in front of them; one value along an axis of equal ones."""
    factors = np.broadcast_to(factors, list(layouts[-1].get_output_shape(0)))
    for op in reversed(layouts):
        if op.get_type_name() == "Transpose":
            factors = factors.transpose(np.argsort(op.input_value(1).get_node().data))
        else:
            factors = factors.reshape(list(op.get_input_shape(0)))
    for axis in range(factors.ndim):
        first = factors.take([0], axis=axis)
        factors = first if (factors == first).all() else factors
    return np.ascontiguousarray(factors)


def _move(quantizer: "openvino.Node") -> bool:
    """NNCF may have put factors per channel (smooth quantization) between quantizer and layout; they move along."""
    from openvino import opset13 as ops

    node, factors = quantizer.input_value(0).get_node(), None
    if node.get_type_name() == "Multiply" and _has_one_reader(node) and _is_constant(node.input_value(1)):
        node, factors = node.input_value(0).get_node(), node.input_value(1).get_node().data
    layouts = _layouts_before(node)
    if not layouts or layouts[0].input_value(0).get_node().get_type_name() not in WRITERS:
        return False
    value = layouts[0].input_value(0)
    if len(value.get_target_inputs()) > 1:  # others read the float values
        return False
    if factors is not None:
        value = ops.multiply(value, ops.constant(factors_before(factors, layouts))).output(0)
    ends = (ops.constant(quantizer.input_value(index).get_node().data.reshape(())) for index in ENDS)
    moved = ops.fake_quantize(value, *ends, quantizer.get_attributes()["levels"])
    layouts[0].input(0).replace_source_output(moved.output(0))
    for reader in quantizer.output(0).get_target_inputs():
        reader.replace_source_output(layouts[-1].output(0))
    return True


def _layouts_before(node: "openvino.Node") -> "list[openvino.Node]":
    """The chain of layouts that ends with ``node``, first to last, as far as nothing else reads it."""
    chain: list[openvino.Node] = []
    while node.get_type_name() in LAYOUTS and _has_one_reader(node) and _is_constant(node.input_value(1)):
        chain.insert(0, node)
        node = node.input_value(0).get_node()
    return chain


def _is_per_tensor(quantizer: "openvino.Node") -> bool:
    ends = [quantizer.input_value(index).get_node() for index in ENDS]
    return all(end.get_type_name() == "Constant" and np.size(end.data) == 1 for end in ends)


def _is_constant(value: "openvino.Output") -> bool:
    return value.get_node().get_type_name() == "Constant"


def _has_one_reader(node: "openvino.Node") -> bool:
    return sum(len(output.get_target_inputs()) for output in node.outputs()) == 1
