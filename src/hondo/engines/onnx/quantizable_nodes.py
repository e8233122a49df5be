"""The layers of an ONNX graph that can be int8: which nodes each holds, what they cost, and which stay in float."""

import ast
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

from hondo.engines.quantization.sensitivity_search import operation_cost
from hondo.engines.tracing.export_graph import OUTER

if TYPE_CHECKING:
    import onnx

# What is computed in integers, and what passes them on. Normalization, softmax, and activations beside ReLU stay float.
INTEGER = ("Conv", "Gemm", "MatMul", "Add")
PASSING = (
    "Relu",
    "Clip",
    "MaxPool",
    "Resize",
    "Concat",
    "Reshape",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Split",
    "Pad",
)
SCOPES = "pkg.torch.onnx.name_scopes"  # where torch's exporter notes the modules that a node came from


def layers_of(proto: "onnx.ModelProto") -> dict[str, list[str]]:
    """The nodes that can be int8, by the module they came from."""
    layers: dict[str, list[str]] = {}
    in_float = always_float(proto)
    for node in proto.graph.node:
        if node.op_type in INTEGER + PASSING and node.name not in in_float:
            layers.setdefault(_module_of(node), []).append(node.name)
    return layers


def always_float(proto: "onnx.ModelProto") -> list[str]:
    """The nodes that stay in float whatever the search finds."""
    return single_channels(proto) + small(proto)


def single_channels(proto: "onnx.ModelProto") -> list[str]:
    """Convolutions of single-channel maps, as those that resize depth: int8 saves nothing there, but costs accuracy."""
    shapes = {weight.name: weight.dims for weight in proto.graph.initializer}
    convs = (node for node in proto.graph.node if node.op_type == "Conv" and node.input[1] in shapes)
    narrow = [node for node in convs if shapes[node.input[1]][1] == 1]
    return [node.name for node in narrow if all(each.i == 1 for each in node.attribute if each.name == "group")]


def small(proto: "onnx.ModelProto") -> list[str]:
    """Operations that take no time but whose error affects all pixels: convolutions of maps of one pixel, as in
    squeeze-and-excitation, and matrix products of one row, as AdaBins' mean of the bins weighted by probabilities."""
    shapes = shapes_in(proto)
    ends = {"Conv": slice(2, None), "MatMul": slice(-2, -1), "Gemm": slice(-2, -1)}
    computed = (node for node in proto.graph.node if node.op_type in ends and node.output[0] in shapes)
    return [node.name for node in computed if set(shapes[node.output[0]][ends[node.op_type]]) == {1}]


def costs_of(proto: "onnx.ModelProto") -> dict[str, float]:
    """The cost of every node by its name, in multiply-accumulates."""
    shapes = shapes_in(proto)

    def values(names: Iterable[str]) -> int:
        return sum(prod(shapes[name]) for name in names if name in shapes)

    return {
        node.name: operation_cost(macs=macs(node, shapes), values=values([*node.input, *node.output]))
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
    positions = node.output[0] if node.op_type == "Conv" else node.input[0]
    return prod(shapes[positions]) * inner * prod(kernel)


def shapes_in(proto: "onnx.ModelProto") -> dict[str, list[int]]:
    """The shapes of the weights, and of all values whose shape the graph states."""
    graph = proto.graph
    shapes = {weight.name: list(weight.dims) for weight in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
    return shapes


def _module_of(node: "onnx.NodeProto") -> str:
    """The module of a node, as torch's exporter noted it."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == SCOPES), "[]")
    scopes = [scope for scope in ast.literal_eval(noted)[:-1] if scope]
    return scopes[-1].removeprefix(OUTER) if scopes else node.name
