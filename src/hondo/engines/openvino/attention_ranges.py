"""Quantization ranges of attention's second product, probabilities times values, which NNCF leaves in float.

Probabilities get one range up to the highest that the images show. Where attention is so uneven that the small ones
are lost, the sensitivity search keeps that layer (its name ends in ``VALUES``) in float.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from hondo.engines.openvino.runtime import compile_graph

if TYPE_CHECKING:
    import openvino

NamedInputs = Mapping[str, np.ndarray]  # the inputs of a graph, by name
Ends = Float[np.ndarray, "..."]

VALUES = ".values"
LEVELS = 256  # of int8
LOWEST, HIGHEST = -128, 127  # of int8


def quantize_attention_values(
    quantized: "openvino.Model", graph: "openvino.Model", feeds: Iterable[NamedInputs]
) -> int:
    """Quantizes, in place, both inputs of these products; the float ``graph`` sets their ranges. How many products."""
    products = [op for op in quantized.get_ordered_ops() if is_attention_product(op)]
    largest = _largest_inputs(graph, [op.get_friendly_name() for op in products], feeds) if products else {}
    for op in products:
        probability, value = largest[op.get_friendly_name()]
        _quantize_input(op.input(0), np.float32(0), probability)
        _quantize_input(op.input(1), *symmetric_range(np.asarray(-value), np.asarray(value)))
    return len(products)


def is_attention_product(op: "openvino.Node") -> bool:
    """Whether an operation multiplies the probabilities of attention by values, quantized or not."""
    if op.get_type_name() != "MatMul":
        return False
    source = op.input_value(0).get_node()
    source = source.input_value(0).get_node() if source.get_type_name() == "FakeQuantize" else source
    return source.get_type_name() == "Softmax"


def symmetric_range(low: Ends, high: Ends) -> tuple[Ends, Ends]:
    """The smallest range of int8 steps around zero that holds ``low``..``high``."""
    step = np.maximum(low / LOWEST, high / HIGHEST)
    return np.asarray(LOWEST * step, low.dtype), np.asarray(HIGHEST * step, high.dtype)


def _largest_inputs(
    graph: "openvino.Model", names: list[str], feeds: Iterable[NamedInputs]
) -> dict[str, Float[np.ndarray, "2"]]:
    """The highest probability and the largest absolute value that each named product reads, over all feeds."""
    from openvino import opset13 as ops

    watched = graph.clone()
    by_name = {op.get_friendly_name(): op for op in watched.get_ops()}
    watched.add_outputs(
        [
            ops.reduce_max(ops.abs(value), list(range(len(value.get_shape()))), False).output(0)
            for name in names
            for value in by_name[name].input_values()
        ]
    )
    request = compile_graph(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    first = len(graph.outputs)
    found = [list(request.infer(feed).values())[first:] for feed in feeds]
    return dict(zip(names, np.max(np.array(found, np.float32), axis=0).reshape(-1, 2), strict=True))


def _quantize_input(
    read: "openvino.Input", low: np.floating | Float[np.ndarray, "..."], high: np.floating | Float[np.ndarray, "..."]
) -> None:
    from openvino import opset13 as ops

    ends = [ops.constant(np.asarray(end, np.float32)) for end in (low, high)]
    read.replace_source_output(ops.fake_quantize(read.get_source_output(), *ends, *ends, LEVELS).output(0))
