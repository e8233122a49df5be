"""What each node of an ONNX graph of fixed size computes, reads and writes: what int8 makes cheaper."""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from hondo.engines.quantising import work

if TYPE_CHECKING:
    import onnx


def works_of(proto: "onnx.ModelProto") -> dict[str, float]:
    """Of every node by its name, in multiply-accumulates, see ``work``."""
    shapes = shapes_of(proto)

    def values(names: Iterable[str]) -> int:
        return sum(prod(shapes[name]) for name in names if name in shapes)

    return {
        node.name: work(macs=macs(node, shapes), values=values([*node.input, *node.output]))
        for node in proto.graph.node
    }


def macs(node: "onnx.NodeProto", shapes: dict[str, list[int]]) -> int:
    """Multiply-accumulates of a convolution or a matrix product; nothing else has any."""
    if not {*node.input[:2], *node.output[:1]} <= shapes.keys():
        return 0
    if node.op_type in ("MatMul", "Gemm"):  # torch's exporter transposes no first matrix
        return prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    if node.op_type not in ("Conv", "ConvTranspose"):
        return 0
    _, inner, *kernel = shapes[node.input[1]]
    met = node.output[0] if node.op_type == "Conv" else node.input[0]
    return prod(shapes[met]) * inner * prod(kernel)


def shapes_of(proto: "onnx.ModelProto") -> dict[str, list[int]]:
    """Of the weights and of all values whose shape the graph tells."""
    graph = proto.graph
    shapes = {weight.name: list(weight.dims) for weight in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
    return shapes
