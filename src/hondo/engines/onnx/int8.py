"""ELU between whole numbers, in cheaper operations: ONNX Runtime has none in int8, and is slow at the float one."""

import ast
import tempfile
from collections.abc import Callable, Iterable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hondo.core.types import DepthKind
from hondo.engines.base.compiled import Call
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.quantization.calibration import Calibration
from hondo.engines.quantization.validation import Quantising, Validation, choose_layers, work
from hondo.engines.tracing.export_graph import OUTER, silent
from hondo.engines.tracing.graph_inputs import INPUTS, driving, driving_run

if TYPE_CHECKING:
    import onnx

ZERO, ONE = "elu.zero", "elu.one"


def decompose_elu(proto: "onnx.ModelProto") -> int:
    """Replaces, in place, each ELU (of factor 1) by max(x, exp(min(x, 0)) - 1), its equal; how many there were."""
    from onnx import numpy_helper

    nodes = list(proto.graph.node)
    found = {node.name for node in nodes if is_elu(node)}
    if found:
        numbers = (numpy_helper.from_array(np.array(value, np.float32), name) for name, value in ((ZERO, 0), (ONE, 1)))
        proto.graph.initializer.extend(numbers)
        del proto.graph.node[:]
        for node in nodes:
            proto.graph.node.extend(_decomposed(node) if node.name in found else [node])
    return len(found)


def is_elu(node: "onnx.NodeProto") -> bool:
    return node.op_type == "Elu" and all(each.f == 1 for each in node.attribute if each.name == "alpha")


def _decomposed(elu: "onnx.NodeProto") -> "list[onnx.NodeProto]":
    from onnx import helper

    (x,), (y,), name = elu.input, elu.output, elu.name
    steps = [("Min", [x, ZERO], "low"), ("Exp", ["low"], "exp"), ("Sub", ["exp", ONE], "less"), ("Max", [x, "less"], y)]
    inner = {"low", "exp", "less"}
    named = lambda value: f"{name}.{value}" if value in inner else value  # noqa: E731
    return [
        helper.make_node(kind, [named(value) for value in inputs], [named(output)], name=f"{name}.{kind.lower()}")
        for kind, inputs, output in steps
    ]


# What is computed in int8, and what lets int8 pass; normalisation, softmax and activations beside ReLU stay in float.
COMPUTED = ("Conv", "Gemm", "MatMul", "Add")
PASSED = ("Relu", "Clip", "MaxPool", "Resize", "Concat", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Split", "Pad")
FLOAT = "float.onnx"
SCOPES = "pkg.torch.onnx.name_scopes"  # where torch's exporter says which modules a node came from


def quantise(
    proto: "onnx.ModelProto", *, kind: DepthKind, quantising: Quantising, call_of: Callable[[bytes], Call]
) -> tuple["onnx.ModelProto", Int8Facts]:
    """The int8 graph of a float one of fixed size. ``call_of``: a session of a file's content."""
    import onnx

    layers, always, works = layers_of(proto), never_rounded(proto), works_of(proto)
    with tempfile.TemporaryDirectory(prefix="hondo-int8-") as folder:
        onnx.save_model(proto, Path(folder) / FLOAT)
        num_previous = num_previous_of(proto)
        ranges = _Ranges(quantising.calibration.split()[0], num_previous=num_previous)

        def running(proto: "onnx.ModelProto") -> Run:
            return driving_run(call_of(proto.SerializeToString()), num_previous=num_previous)

        def made(kept: Iterable[str]) -> "onnx.ModelProto":
            return _quantised(Path(folder), ranges, spared=always + [name for layer in kept for name in layers[layer]])

        validation = Validation.of(running(proto), quantising.calibration, kind=kind)
        facts = choose_layers(
            {layer: sum(works[name] for name in names) for layer, names in layers.items()},
            lambda kept, _: running(made(kept)),
            validation=validation,
            quantising=quantising,
        )
        return made(facts.kept), facts


def num_previous_of(proto: "onnx.ModelProto") -> int:
    """How many earlier frames a graph of fixed size takes."""
    inputs = proto.graph.input
    return inputs[1].type.tensor_type.shape.dim[1].dim_value if len(inputs) > 1 else 0


def layers_of(proto: "onnx.ModelProto") -> dict[str, list[str]]:
    """The nodes that can take int8, by the module that they came from."""
    layers: dict[str, list[str]] = {}
    spared = never_rounded(proto)
    for node in proto.graph.node:
        if node.op_type in COMPUTED + PASSED and node.name not in spared:
            layers.setdefault(_path(node), []).append(node.name)
    return layers


def never_rounded(proto: "onnx.ModelProto") -> list[str]:
    """The nodes that stay in float whatever the search says."""
    return single_channels(proto) + small(proto)


def single_channels(proto: "onnx.ModelProto") -> list[str]:
    """Convolutions of maps of one channel, as those that resize depth: int8 saves nothing there, and costs accuracy."""
    shapes = {weight.name: weight.dims for weight in proto.graph.initializer}
    convs = (node for node in proto.graph.node if node.op_type == "Conv" and node.input[1] in shapes)
    narrow = [node for node in convs if shapes[node.input[1]][1] == 1]
    return [node.name for node in narrow if all(each.i == 1 for each in node.attribute if each.name == "group")]


def small(proto: "onnx.ModelProto") -> list[str]:
    """What takes no time, but whose errors all pixels suffer from: convolutions of maps of one pixel, as in
    squeeze-and-excitation, and products of a single row, as AdaBins' mean of bins by their probabilities."""
    shapes = shapes_of(proto)
    ends = {"Conv": slice(2, None), "MatMul": slice(-2, -1), "Gemm": slice(-2, -1)}
    computed = (node for node in proto.graph.node if node.op_type in ends and node.output[0] in shapes)
    return [node.name for node in computed if set(shapes[node.output[0]][ends[node.op_type]]) == {1}]


class _Ranges:
    """Calibration images as ONNX Runtime's quantiser reads them."""

    def __init__(self, images: Calibration, *, num_previous: int) -> None:
        self._left = (driving(image, num_previous=num_previous) for image in images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        feed = next(self._left, None)
        return None if feed is None else dict(zip(INPUTS, feed, strict=False))


def _quantised(folder: Path, ranges: _Ranges, *, spared: list[str]) -> "onnx.ModelProto":
    """From the float graph in ``folder``; ranges are measured the first time, and then read from there."""
    import onnx

    with silent():
        from onnxruntime.quantization import QuantType, quantize_static

        quantize_static(
            folder / FLOAT,
            folder / "int8.onnx",
            ranges,  # pyright: ignore[reportArgumentType]  (its readers are told by what they can do)
            calibration_cache_path=folder / "ranges.json",
            op_types_to_quantize=list(COMPUTED + PASSED),
            nodes_to_exclude=spared,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        quantised = onnx.load_model(folder / "int8.onnx")
        decompose_elu(quantised)
        return quantised


def _path(node: "onnx.NodeProto") -> str:
    """The module of a node, by what torch's exporter noted."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == SCOPES), "[]")
    scopes = [scope for scope in ast.literal_eval(noted)[:-1] if scope]
    return scopes[-1].removeprefix(OUTER) if scopes else node.name


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
