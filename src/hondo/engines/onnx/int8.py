"""int8 graphs for ONNX Runtime: it sets the quantization ranges, and the sensitivity search keeps layers in float."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from hondo.core.types import DepthKind
from hondo.engines.base.compiled import Call
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.onnx.quantizable_nodes import INTEGER, PASSING, always_float, costs_of, layers_of
from hondo.engines.quantization.calibration import Calibration, QuantizationOptions
from hondo.engines.quantization.sensitivity_search import search_float_layers
from hondo.engines.quantization.validation import Validation
from hondo.engines.tracing.export_graph import silent
from hondo.engines.tracing.graph_inputs import INPUTS, driving, driving_run

if TYPE_CHECKING:
    import onnx

ZERO, ONE = "elu.zero", "elu.one"  # names of constants
FLOAT_FILE, INT8_FILE, RANGES_FILE = "float.onnx", "int8.onnx", "ranges.json"


def quantize(
    proto: "onnx.ModelProto",
    *,
    kind: DepthKind,
    num_previous: int,
    options: QuantizationOptions,
    run_of: Callable[[bytes], Call],
) -> tuple["onnx.ModelProto", Int8Facts]:
    """The int8 graph of a float graph of fixed size. ``run_of``: a session of a file's content."""
    import onnx

    layers, in_float, costs = layers_of(proto), always_float(proto), costs_of(proto)
    with tempfile.TemporaryDirectory(prefix="hondo-int8-") as folder:
        onnx.save_model(proto, Path(folder) / FLOAT_FILE)
        images = _CalibrationReader(options.calibration.range_images, num_previous=num_previous)

        def run(proto: "onnx.ModelProto") -> Run:
            return driving_run(run_of(proto.SerializeToString()), num_previous=num_previous)

        def build(kept: Iterable[str]) -> "onnx.ModelProto":
            excluded = in_float + [name for layer in kept for name in layers[layer]]
            return _quantize_static(Path(folder), images, excluded=excluded)

        facts = search_float_layers(
            {layer: sum(costs[name] for name in names) for layer, names in layers.items()},
            lambda kept, _: run(build(kept)),
            validation=Validation.of(run(proto), options.calibration, kind=kind),
            options=options,
        )
        return build(facts.kept), facts


class _CalibrationReader:
    """Calibration images as ONNX Runtime's quantizer reads them."""

    def __init__(self, images: Calibration, *, num_previous: int) -> None:
        self._feeds = (driving(image, num_previous=num_previous) for image in images)

    def get_next(self) -> dict[str, Float[np.ndarray, "..."]] | None:
        feed = next(self._feeds, None)
        return None if feed is None else dict(zip(INPUTS, feed, strict=False))


def _quantize_static(folder: Path, images: _CalibrationReader, *, excluded: list[str]) -> "onnx.ModelProto":
    """From the float graph in ``folder``; ranges are measured the first time, and read from there afterwards."""
    import onnx

    with silent():
        from onnxruntime.quantization import QuantType, quantize_static

        quantize_static(
            folder / FLOAT_FILE,
            folder / INT8_FILE,
            images,  # pyright: ignore[reportArgumentType]  (a reader by its methods, not by its class)
            calibration_cache_path=folder / RANGES_FILE,
            op_types_to_quantize=list(INTEGER + PASSING),
            nodes_to_exclude=excluded,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        quantized = onnx.load_model(folder / INT8_FILE)
        decompose_elu(quantized)
        return quantized


def decompose_elu(proto: "onnx.ModelProto") -> int:
    """Replaces, in place, each ELU (of factor 1) by max(x, exp(min(x, 0)) - 1); how many there were.

    ONNX Runtime has no ELU in int8, and its float ELU is slow.
    """
    from onnx import numpy_helper

    nodes = list(proto.graph.node)
    found = {node.name for node in nodes if _is_elu(node)}
    if found:
        numbers = (numpy_helper.from_array(np.array(value, np.float32), name) for name, value in ((ZERO, 0), (ONE, 1)))
        proto.graph.initializer.extend(numbers)
        del proto.graph.node[:]
        for node in nodes:
            proto.graph.node.extend(_decomposed(node) if node.name in found else [node])
    return len(found)


def _is_elu(node: "onnx.NodeProto") -> bool:
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
