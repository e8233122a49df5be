"""int8 graphs for ONNX Runtime, as QDQ: its own quantiser sets the ranges, the sensitivity search spares layers.

Q and DQ nodes around each layer are what other runtimes read too (TensorRT, OpenVINO, QNN).
"""

import ast
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hondo.core.types import DepthKind
from hondo.engines.calibration import Calibration
from hondo.engines.frames import INPUTS, driving, driving_run
from hondo.engines.graph import silent
from hondo.engines.header import Int8Facts
from hondo.engines.layer_names import OUTER
from hondo.engines.onnx_elu import spell_out_elu
from hondo.engines.onnx_work import shapes_of, works_of
from hondo.engines.predictor import Run
from hondo.engines.quantising import Judges, Quantising, choose_layers
from hondo.engines.shapes import Call

if TYPE_CHECKING:
    import onnx

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

        judges = Judges.of(running(proto), quantising.calibration, kind=kind)
        facts = choose_layers(
            {layer: sum(works[name] for name in names) for layer, names in layers.items()},
            lambda kept, _: running(made(kept)),
            judges=judges,
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
    """Calibration pictures as ONNX Runtime's quantiser reads them."""

    def __init__(self, pictures: Calibration, *, num_previous: int) -> None:
        self._left = (driving(picture, num_previous=num_previous) for picture in pictures)

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
        spell_out_elu(quantised)
        return quantised


def _path(node: "onnx.NodeProto") -> str:
    """The module of a node, by what torch's exporter noted."""
    noted = next((entry.value for entry in node.metadata_props if entry.key == SCOPES), "[]")
    scopes = [scope for scope in ast.literal_eval(noted)[:-1] if scope]
    return scopes[-1].removeprefix(OUTER) if scopes else node.name
