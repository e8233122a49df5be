"""What TensorRT accepts in an ONNX graph, checked without TensorRT, so that any machine can check an export."""

from collections.abc import Iterator
from typing import Any

from hondo.core.errors import HondoError

NEWEST_OPSET = 20  # of ai.onnx that TensorRT 10's parser reads
FREE_AXES = {0, 2, 3}  # batch, height and width may be free; channels and rank never
# Types of tensors that TensorRT computes with (ONNX numbers): float, half, bfloat16, int8, uint8, int32, int64, bool.
TYPES = {1, 10, 16, 3, 2, 6, 7, 9}
# ONNX operators that TensorRT's parser lacks; it takes int8 as QuantizeLinear and DequantizeLinear.
REFUSED = frozenset(
    [
        "SequenceAt",
        "SequenceConstruct",
        "SequenceEmpty",
        "SequenceInsert",
        "SequenceErase",
        "SplitToSequence",
        "ConcatFromSequence",
        "Optional",
        "OptionalGetElement",
        "OptionalHasElement",
        "StringNormalizer",
        "TfIdfVectorizer",
        "Unique",
        "Compress",
        "Bernoulli",
        "Multinomial",
        "DFT",
        "STFT",
        "MelWeightMatrix",
        "MaxRoiPool",
        "MaxUnpool",
        "LpPool",
        "Det",
        "ConvInteger",
        "MatMulInteger",
        "QLinearConv",
        "QLinearMatMul",
        "DynamicQuantizeLinear",
        "BitShift",
    ]
)


def problems_for_tensorrt(content: bytes) -> list[str]:
    """What TensorRT would refuse in an ONNX file, each in a few words; empty for a graph that it accepts."""
    import onnx

    model = onnx.load_model_from_string(content)
    return [*_opset(model), *_operators(model.graph), *_free_axes(model.graph), *_types(model.graph), *_checked(model)]


def check_for_tensorrt(content: bytes, *, name: str) -> None:
    """Refuses a graph that TensorRT would refuse."""
    found = problems_for_tensorrt(content)
    if found:
        raise HondoError(f"{name}: TensorRT does not take this graph: {'; '.join(found[:3])}")


def _opset(model: Any) -> Iterator[str]:
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and opset.version > NEWEST_OPSET:
            yield f"opset {opset.version} is newer than {NEWEST_OPSET}"
        elif opset.domain not in ("", "ai.onnx") and any(node.domain == opset.domain for node in model.graph.node):
            yield f"operators of the domain {opset.domain} belong to another runtime"


def _operators(graph: Any) -> Iterator[str]:
    refused = {node.op_type for node in graph.node} & REFUSED
    yield from (f"it has no operator {name}" for name in sorted(refused))
    for node in graph.node:
        if node.op_type == "Resize" and any(a.name == "antialias" and a.i for a in node.attribute):
            yield "its Resize has no antialias"


def _free_axes(graph: Any) -> Iterator[str]:
    """Input: rank 4, three channels, only batch, height and width free. Output: rank 4, one channel."""
    for value, channels in ((graph.input[0], 3), (graph.output[0], 1)):
        axes = value.type.tensor_type.shape.dim
        if len(axes) != 4:
            yield f"'{value.name}' has {len(axes)} axes, not 4"
            continue
        free = {index for index, axis in enumerate(axes) if not axis.HasField("dim_value")}
        if free - FREE_AXES:
            yield f"the channels of '{value.name}' are not fixed"
        elif axes[1].dim_value != channels:
            yield f"'{value.name}' has {axes[1].dim_value} channels, not {channels}"


def _types(graph: Any) -> Iterator[str]:
    stored = {tensor.data_type for tensor in graph.initializer}
    passed = {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output, *graph.value_info)} - {0}
    import onnx

    for number in sorted((stored | passed) - TYPES):
        yield f"it has no type {onnx.TensorProto.DataType.Name(number)}"


def _checked(model: Any) -> Iterator[str]:
    import onnx

    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        yield f"it is no valid ONNX graph ({' '.join(str(error).split())[:100]})"
