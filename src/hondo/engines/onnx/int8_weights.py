"""ONNX graphs whose weights are int8: unpacked when a session starts, or multiplied as integers."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hondo.engines.tracing.export_graph import silent

if TYPE_CHECKING:
    import onnx

MIN_SIZE = 1024  # values: smaller weights are not worth a node


def with_int8_weights(proto: "onnx.ModelProto") -> "onnx.ModelProto":
    """Weights of convolutions and matrices as int8 with a scale per output channel; computed in float32."""
    from onnx import helper, numpy_helper

    axes = _output_axes(proto)
    stored = {tensor.name: tensor for tensor in proto.graph.initializer}
    unpacking = []
    for name, axis in axes.items():
        weight = numpy_helper.to_array(stored[name])
        others = tuple(each for each in range(weight.ndim) if each != axis)
        scale = np.maximum(np.abs(weight).max(axis=others) / np.float32(127), np.finfo(np.float32).tiny)
        shape = [-1 if each == axis else 1 for each in range(weight.ndim)]
        packed = np.rint(weight / scale.reshape(shape)).astype(np.int8)
        stored[name].CopyFrom(numpy_helper.from_array(packed, f"{name}.int8"))
        proto.graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
        unpacking.append(
            helper.make_node(
                "DequantizeLinear", [f"{name}.int8", f"{name}.scale"], [name], name=f"{name}.unpack", axis=axis
            )
        )
    nodes = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.extend(unpacking + nodes)
    return proto


def with_int8_matrices(proto: "onnx.ModelProto") -> "onnx.ModelProto":
    """Matrices multiplied as integers, with a scale for the activations of each call; the rest in float32."""
    import onnx

    with silent(), tempfile.TemporaryDirectory(prefix="hondo-int8-") as folder:
        from onnxruntime.quantization import QuantType, quantize_dynamic

        path = Path(folder) / "int8.onnx"
        del proto.graph.value_info[:]  # it transposes some weights, and then fails on their former shapes
        quantize_dynamic(
            proto, path, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
        return onnx.load_model(path)


def store_weights_in_int8(proto: "onnx.ModelProto") -> int:
    """Replaces, in place, stored weights that the graph quantizes by the integers that it makes of them; how many."""
    from onnx import numpy_helper

    graph, changed = proto.graph, []
    stored = _constants(proto)
    for node in graph.node:
        if node.op_type != "QuantizeLinear" or not set(node.input) <= stored.keys():
            continue
        weight, step, zero = (stored[name] for name in node.input)
        axis = next((each.i for each in node.attribute if each.name == "axis"), 1)
        shape = [-1 if each == axis % weight.ndim else 1 for each in range(weight.ndim)] if step.ndim else [1]
        limits = np.iinfo(zero.dtype)
        rounded = np.rint(weight / step.reshape(shape)) + zero.reshape(shape).astype(np.float32)
        packed = rounded.clip(limits.min, limits.max).astype(zero.dtype)
        graph.initializer.append(numpy_helper.from_array(packed, node.output[0]))
        changed.append(node)
    for node in changed:
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for tensor in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(tensor)
    return len(changed)


def _constants(proto: "onnx.ModelProto") -> dict[str, np.ndarray]:
    """The values that a graph stores or casts of stored ones, by name."""
    from onnx import helper, numpy_helper

    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    for node in proto.graph.node:
        attributes = {each.name: each for each in node.attribute}
        if node.op_type == "Constant" and "value" in attributes:
            found[node.output[0]] = numpy_helper.to_array(attributes["value"].t)
        elif node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]].astype(helper.tensor_dtype_to_np_dtype(attributes["to"].i))
    return found


def _output_axes(proto: "onnx.ModelProto") -> dict[str, int]:
    """The stored float32 weights that are large enough, and the axis of their output channels."""
    stored = {tensor.name: tensor for tensor in proto.graph.initializer}
    axes: dict[str, int] = {}
    for node in proto.graph.node:
        weight = stored.get(node.input[1]) if node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul") else None
        if weight is None or weight.data_type != 1 or np.prod(weight.dims) < MIN_SIZE:  # 1: float32
            continue
        transposed = any(each.name == "transB" and each.i for each in node.attribute)
        last = len(weight.dims) - 1
        axes[weight.name] = {"Conv": 0, "ConvTranspose": 1, "Gemm": 0 if transposed else 1}.get(node.op_type, last)
    return axes
