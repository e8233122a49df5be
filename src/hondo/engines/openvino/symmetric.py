"""Ranges of int8 that lie evenly around zero where OpenVINO asks for it: in front of transposed convolutions.

With any other zero it computes them in float, which costs more than they save.
"""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from hondo.engines.openvino.runtime import openvino_package

if TYPE_CHECKING:
    import openvino

Ends = Float[np.ndarray, "..."]

LOWEST, HIGHEST = -128, 127  # of int8
_PASSING = ("Concat", "Pad", "Reshape", "Slice", "StridedSlice", "Transpose")  # what may stand between range and reader


def make_symmetric(graph: "openvino.Model") -> int:
    """Widens, in place, the signed ranges that transposed convolutions read; how many were changed."""
    ranges: dict[str, openvino.Node] = {}
    for op in graph.get_ops():
        if op.get_type_name() == "ConvolutionBackpropData":
            ranges |= {each.get_friendly_name(): each for each in _ranges_behind(op.input_value(0).get_node())}
    return sum(_widen(each) for each in ranges.values())


def symmetric(low: Ends, high: Ends) -> tuple[Ends, Ends]:
    """The smallest range of int8 steps around zero that holds ``low``..``high``."""
    step = np.maximum(low / LOWEST, high / HIGHEST)
    return np.asarray(LOWEST * step, low.dtype), np.asarray(HIGHEST * step, high.dtype)


def _ranges_behind(op: "openvino.Node") -> "list[openvino.Node]":
    if op.get_type_name() == "FakeQuantize":
        return [op]
    sources = [value.get_node() for value in op.input_values()] if op.get_type_name() in _PASSING else []
    return [each for source in sources for each in _ranges_behind(source)]


def _widen(quantise: "openvino.Node") -> bool:
    """Unsigned ranges, those of a ReLU, may stay as they are."""
    low, high = (np.asarray(quantise.input_value(index).get_node().data) for index in (1, 2))
    if (low >= 0).all():
        return False
    ops = openvino_package().opset13
    for index, ends in zip((1, 2, 3, 4), 2 * symmetric(low, high), strict=True):
        quantise.input(index).replace_source_output(ops.constant(ends).output(0))
    return True
