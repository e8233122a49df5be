"""OpenVINO as an engine: the fastest on Intel and many other CPUs. Its file is an .xml with a .bin beside it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.engines.base.compiled import Shape, compiled_per_shape, served
from hondo.engines.base.metadata import ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.openvino.int8 import quantise, with_int8_weights
from hondo.engines.openvino.ir_files import read_graph, save_graph
from hondo.engines.openvino.runtime import compile_graph, device_named, openvino_package, queue_opener, runner, settings
from hondo.engines.quantization.validation import DYNAMIC, WEIGHTS, Quantising, check_quantising, check_served
from hondo.engines.registry import check_precision
from hondo.engines.tracing.export_graph import module_paths, quiet, trace
from hondo.engines.tracing.graph_inputs import alone, shapes_of
from hondo.models.base.depth_model import DepthModel

if TYPE_CHECKING:
    import openvino

PACKAGES = ("openvino",)
PRECISIONS = ("fp32", "fp16", "bf16", "int8-weights")
CALIBRATED = ("int8",)  # precisions whose export takes images
EXPORT_PRECISIONS = (*PRECISIONS, *CALIBRATED)
SUFFIX = ".xml"
SAME = 1e-3  # largest difference to torch, as a share of the largest value: more is another function

GraphFor = Callable[[Shape], "openvino.Model"]


def export(
    model: DepthModel,
    path: Path,
    *,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    licence: str = "",
    quantising: Quantising | None = None,
) -> Path:
    """Writes ``path`` (.xml) and its .bin; fp16 and bf16 files hold fp16 weights and run in the named precision.

    int8 files hold int8 weights and, for the layers that ``quantising`` spares, fp16 ones.
    """
    openvino_package()  # refuses at once where it is missing
    _check_dynamic_ranges(precision)
    check_precision(precision, engine="openvino_ir", allowed=EXPORT_PRECISIONS)
    check_quantising(precision, quantising, dynamic=dynamic)
    spec = export_spec(model.input_spec, size_hw=size_hw, dynamic=dynamic)
    program, int8 = trace(model, size_hw=spec.size_hw, dynamic=dynamic), None
    shape = (-1, 3, -1, -1) if dynamic else (1, 3, *spec.size_hw)
    converted = _converted(program, shape, num_previous=model.num_previous)
    if precision == WEIGHTS:
        converted = with_int8_weights(converted)
    elif quantising is not None:
        converted, int8 = quantise(converted, paths=module_paths(program), kind=model.kind, quantising=quantising)
    header = header_of(model, spec=spec, precision=precision, licence=licence, int8=int8)
    save_graph(converted, path, header=header)
    return path


def load(
    source: DepthModel | Path, *, device: str = "auto", precision: str = "fp32", threads: int | None = None
) -> NetworkPredictor:
    """Serves an exported file, or any DepthModel, which is converted once and compiled for each size that comes."""
    _check_dynamic_ranges(precision)
    if isinstance(source, Path):
        stored, header = read_graph(source)
        precision = check_served(precision, exported=header.precision, engine="openvino_ir", allowed=PRECISIONS)
        header = replace(header, precision=precision)
        graph: GraphFor = lambda shape: _reshaped(stored, shape, num_previous=header.num_previous)  # noqa: E731
    else:
        check_served(precision, exported=None, engine="openvino_ir", allowed=PRECISIONS)
        header = ExportHeader.of(source, precision=precision)
        graph = _graphs_of(source, is_packed=precision == WEIGHTS)
    target, float_precision = device_named(device), "fp32" if header.int8 is None else header.int8.float_precision

    def compiled(shape: Shape, many: bool = False) -> "openvino.CompiledModel":
        config = settings(target, precision=precision, threads=threads, many=many, float_precision=float_precision)
        return compile_graph(graph(shape), target, config)

    settings(target, precision=precision, threads=threads)  # refuses at once what the device cannot do
    return served(
        compiled_per_shape(lambda shape: runner(compiled(shape))),
        header,
        source=source,
        engine="openvino_ir",
        device=target.lower(),
        open_queue=queue_opener(lambda shape: compiled(shape, many=True)),
    )


def convert(model: DepthModel, *, size_hw: Size, batch: int = 1) -> "openvino.Model":
    """The OpenVINO graph of a model, at one size."""
    program = trace(model, size_hw=size_hw, batch=batch)
    return _converted(program, (batch, 3, *size_hw), num_previous=model.num_previous)


def _converted(program: torch.export.ExportedProgram, shape: Shape, *, num_previous: int) -> "openvino.Model":
    """A graph whose image has this shape; -1: any."""
    ov = openvino_package()
    with quiet():
        graph = ov.convert_model(program)
    graph.inputs[0].get_tensor().set_names({"image"})
    graph.outputs[0].get_tensor().set_names({"depth"})
    _reshape(graph, shape, num_previous=num_previous)
    return graph


def _reshaped(graph: "openvino.Model", shape: Shape, *, num_previous: int) -> "openvino.Model":
    shaped = graph.clone()
    _reshape(shaped, shape, num_previous=num_previous)
    return shaped


def _reshape(graph: "openvino.Model", shape: Shape, *, num_previous: int) -> None:
    shapes = shapes_of(shape, num_previous=num_previous)
    graph.reshape({port: list(shapes[port.any_name]) for port in graph.inputs})


def _graphs_of(model: DepthModel, *, is_packed: bool) -> GraphFor:
    """Converts a model once, at its native size and with the weights of this moment, and reshapes that for other sizes.

    A reshaped graph is used only where it agrees with torch; a model that holds its size inside is converted again.
    """
    model = deepcopy(model).cpu().float().eval()
    native = (1, 3, *model.input_spec.size_hw)
    graph = convert(model, size_hw=native[2:])

    def graph_for(shape: Shape) -> "openvino.Model":
        if shape == native:
            return graph
        try:
            shaped = _reshaped(graph, shape, num_previous=model.num_previous)
            if _agrees(shaped, model, shape):
                return shaped
        except RuntimeError:  # OpenVINO's one class of error: the sizes inside do not fit
            pass
        return convert(model, size_hw=shape[2:], batch=shape[0])

    return (lambda shape: with_int8_weights(graph_for(shape))) if is_packed else graph_for


def _check_dynamic_ranges(precision: str) -> None:
    if precision == DYNAMIC:
        raise HondoError(
            f"precision '{precision}' is not offered by openvino_ir: OpenVINO would compute it in float; "
            'take int8 with calibration images, or engine="onnx"',
            field="precision",
        )


def _agrees(graph: "openvino.Model", model: DepthModel, shape: Shape) -> bool:
    """Whether graph and model give the same map of noise, in float32."""
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    run = runner(compile_graph(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}))
    with torch.inference_mode():
        wanted = model(torch.from_numpy(image))[0].numpy()
    given = run(*alone(image, num_previous=model.num_previous))
    return given.shape == wanted.shape and bool(np.abs(given - wanted).max() <= SAME * np.abs(wanted).max())
