"""Both products of attention in int8: NNCF rounds what queries and keys read, and leaves the mix of values in float.

Probabilities get one range up to the highest that the images show. Where attention is so uneven that this loses the
small ones, the sensitivity search finds the layer (its name ends in ``VALUES``) and keeps it in float.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from hondo.engines.openvino.runtime import compile_graph, openvino_package
from hondo.engines.openvino.symmetric import symmetric

if TYPE_CHECKING:
    import openvino

NamedInputs = Mapping[str, np.ndarray]  # what a graph takes, by name

VALUES = ".values"
LEVELS = 256  # of int8


def decompose_attention(graph: "openvino.Model") -> None:
    """Each attention without a mask as the operations that it stands for, in place; OpenVINO joins them again."""
    ops = openvino_package().opset13
    for op in graph.get_ordered_ops():
        if (
            op.get_type_name() != "ScaledDotProductAttention"
            or op.get_input_size() != 3
            or op.get_attributes()["causal"]
        ):
            continue
        name, (queries, keys, values) = op.get_friendly_name(), op.input_values()
        scores = ops.matmul(queries, keys, False, True)
        scale = ops.constant(np.float32(queries.get_shape()[-1] ** -0.5))
        chances = ops.softmax(ops.multiply(scores, scale), -1)
        mixed = ops.matmul(chances, values, False, False)
        for reader in op.output(0).get_target_inputs():
            reader.replace_source_output(mixed.output(0))
        for part, called in ((scores, f"{name}/scores"), (chances, f"{name}/chances"), (mixed, name)):
            part.set_friendly_name(called)


def round_values(quantised: "openvino.Model", graph: "openvino.Model", feeds: Iterable[NamedInputs]) -> int:
    """Rounds, in place, what mixes of values read; the float ``graph`` sets the ranges by its ``feeds``. How many."""
    mixes = [op for op in quantised.get_ordered_ops() if mixes_values(op)]
    highest = _highest(graph, [op.get_friendly_name() for op in mixes], feeds) if mixes else {}
    for op in mixes:
        chance, value = highest[op.get_friendly_name()]
        _round(op.input(0), np.float32(0), chance)
        _round(op.input(1), *symmetric(np.asarray(-value), np.asarray(value)))
    return len(mixes)


def mixes_values(op: "openvino.Node") -> bool:
    """Whether an operation multiplies the probabilities of attention by values, rounded or not."""
    if op.get_type_name() != "MatMul":
        return False
    source = op.input_value(0).get_node()
    source = source.input_value(0).get_node() if source.get_type_name() == "FakeQuantize" else source
    return source.get_type_name() == "Softmax"


def _highest(
    graph: "openvino.Model", names: list[str], feeds: Iterable[NamedInputs]
) -> dict[str, Float[np.ndarray, "2"]]:
    """The highest probability and the largest value that each of the named mixes reads, over all feeds."""
    ops, watched = openvino_package().opset13, graph.clone()
    there = {op.get_friendly_name(): op for op in watched.get_ops()}
    watched.add_outputs(
        [
            ops.reduce_max(ops.abs(value), list(range(len(value.get_shape()))), False).output(0)
            for name in names
            for value in there[name].input_values()
        ]
    )
    request = compile_graph(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    first = len(graph.outputs)
    seen = [list(request.infer(feed).values())[first:] for feed in feeds]
    return dict(zip(names, np.max(np.array(seen, np.float32), axis=0).reshape(-1, 2), strict=True))


def _round(taken: "openvino.Input", low: np.floating | np.ndarray, high: np.floating | np.ndarray) -> None:
    ops = openvino_package().opset13
    ends = [ops.constant(np.asarray(end, np.float32)) for end in (low, high)]
    taken.replace_source_output(ops.fake_quantize(taken.get_source_output(), *ends, *ends, LEVELS).output(0))
