"""OpenVINO as an engine: the fastest on Intel and many other CPUs. Its file is an .xml with a .bin beside it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import nn

from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, predictor_of
from hondo.engines.base.engine import (
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    Engine,
    ExportOptions,
    LoadOptions,
    Support,
)
from hondo.engines.base.layer_times import LayerTime
from hondo.engines.base.metadata import ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.openvino.forms import ALL_REPLACED, Kinds, fastest_form
from hondo.engines.openvino.graph import convert, convert_model, graphs_of_file, graphs_of_model
from hondo.engines.openvino.int8 import quantize, store_weights_in_int8, with_int8_weights
from hondo.engines.openvino.ir_files import read_graph, save_graph
from hondo.engines.openvino.runtime import compile_graph, device_here, layer_times, queue_opener, runner, settings
from hondo.engines.tracing.export_graph import module_paths, trace
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import UpsampleConv

if TYPE_CHECKING:
    import openvino


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Writes ``path`` (.xml) and its .bin.

    fp16 and bf16 files hold fp16 weights and run in the named precision. int8 files hold int8 weights, and fp16 ones
    for the layers that stay in float.
    """
    spec = export_spec(model.input_spec, size_hw=options.size_hw, dynamic=options.dynamic)
    shape = (-1, 3, -1, -1) if options.dynamic else (options.batch, 3, *spec.size_hw)
    kinds_left = _form_of_file(model, shape, options)
    program = trace(model, size_hw=spec.size_hw, batch=options.batch, dynamic=options.dynamic, not_fused=kinds_left)
    graph, int8 = convert(program, shape=shape, num_previous=model.num_previous), None
    if options.precision == INT8_WEIGHTS:
        graph = with_int8_weights(graph)
    elif options.trained_int8 is not None:
        int8 = options.trained_int8
        store_weights_in_int8(graph)
    elif options.quantization is not None:
        graph, int8 = quantize(
            graph, modules=module_paths(program), kind=model.kind, num_previous=model.num_previous,
            options=options.quantization,
        )  # fmt: skip
    header = header_of(
        model, spec=spec, precision=options.precision, licence=options.licence, batch=options.batch, int8=int8
    )
    save_graph(graph, path, header=replace(header, history=options.history))
    return path


def _form_of_file(model: DepthModel, shape: Shape, options: ExportOptions) -> Kinds:
    """The form of a file: the fastest on the processor of this machine, or the one that was trained in int8."""
    if options.trained_int8 is not None:
        return NOT_FUSED
    if options.dynamic:
        return ALL_REPLACED
    config = settings("CPU", precision=options.precision, threads=None)

    def run_of(kinds_left: Kinds) -> Call:
        return runner(compile_graph(convert_model(model, shape, kinds_left), "CPU", config))

    return fastest_form(model, run_of, shape=shape, precision=options.precision)


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs an exported file, or a model, which is converted once and compiled for each size that comes."""
    if isinstance(source, Path):
        graph, header = read_graph(source)
        header = replace(header, precision=ENGINE.precision_of_file(options, stored=header.precision, path=source))
        graph_for = graphs_of_file(graph, num_previous=header.num_previous)
    else:
        header = ExportHeader.of(source, precision=options.precision)
        model, change = source, with_int8_weights if options.precision == INT8_WEIGHTS else None
        graph_for = graphs_of_model(model, change=change, choose=lambda *candidates: form_of(model, *candidates))
    target, float_precision = (
        device_here(ENGINE.device_named(options.device)),
        header.int8.float_precision if header.int8 else "fp32",
    )

    def configured(*, many: bool = False) -> dict[str, object]:
        return settings(
            target, precision=header.precision, threads=options.threads, many=many, float_precision=float_precision
        )

    def form_of(model: DepthModel, graph_of: Callable[[Kinds], "openvino.Model"], shape: Shape) -> Kinds:
        if target != "CPU":
            return ALL_REPLACED
        return fastest_form(
            model,
            lambda kinds_left: runner(compile_graph(graph_of(kinds_left), target, configured())),
            shape=shape,
            precision=options.precision,
            threads=options.threads,
        )

    def compiled(shape: Shape, *, many: bool):
        return compile_graph(graph_for(shape), target, configured(many=many))

    def profiled(*inputs: Float[np.ndarray, "..."]) -> tuple[LayerTime, ...]:
        graph, config = graph_for(inputs[0].shape), configured() | {"PERF_COUNT": True}
        return layer_times(compile_graph(graph, target, config), inputs)

    return predictor_of(
        compiled_per_shape(lambda shape: runner(compiled(shape, many=False))),
        header,
        source=source,
        engine=ENGINE.name,
        device=target.lower(),
        open_queue=queue_opener(lambda shape: compiled(shape, many=True)),
        layer_times=profiled,
    )


NOT_FUSED = (UpsampleConv, nn.Sequential)  # of models that were trained in int8, which have layers of these kinds
NOT_NPU = ("cpu", "gpu")  # an NPU computes in fp16

ENGINE = Engine(
    name="openvino",
    load_function=load,
    export_function=export,
    supports={
        "fp32": Support(devices=NOT_NPU),
        "fp16": Support(),
        "bf16": Support(devices=NOT_NPU),
        INT8_WEIGHTS: Support(devices=NOT_NPU, images="validate"),
        INT8_STATIC: Support(runs=False, devices=NOT_NPU, images="required"),
    },
    interchangeable=("fp32", "fp16", "bf16"),
    suffix=".xml",
    devices=("cpu", "gpu", "npu"),
    packages=("openvino",),
    extra="openvino",
    advice={INT8_DYNAMIC: 'OpenVINO would compute it in float; take int8 with calibration images, or engine="onnx"'},
)
