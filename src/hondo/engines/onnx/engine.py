"""ONNX Runtime as an engine. Its file is one .onnx, which other runtimes read too."""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import nn

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.seal import sealed
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
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.onnx.external_data import check_no_external_data
from hondo.engines.onnx.int8 import quantize
from hondo.engines.onnx.int8_weights import store_weights_in_int8, with_int8_matrices, with_int8_weights
from hondo.engines.onnx.profile import layer_times
from hondo.engines.onnx.proto import proto_of, with_header
from hondo.engines.onnx.providers import ACCELERATORS, check_used, providers
from hondo.engines.tracing.graph_inputs import axes_of
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import UpsampleConv

# What replaces them uses transposed convolutions or convolutions of patches: ONNX Runtime computes the first in float
# only, and the second slowly.
NOT_FUSED = (UpsampleConv, nn.Sequential)
WITHOUT_IMAGES = {INT8_DYNAMIC: with_int8_matrices, INT8_WEIGHTS: with_int8_weights}


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Writes one .onnx file with the weights inside.

    fp16 computes in half precision; input and output stay float32. int8 has ranges from calibration images, and layers
    that stay in float; int8-dynamic multiplies matrices in integers, with the ranges of each call; int8-weights is
    unpacked to float when a session starts.
    """
    spec = export_spec(model.input_spec, size_hw=options.size_hw, dynamic=options.dynamic)
    header = header_of(model, spec=spec, precision=options.precision, licence=options.licence, batch=options.batch)
    proto = _proto(model, shape=(options.batch, 3, *spec.size_hw), precision=options.precision, dynamic=options.dynamic)
    if options.precision == INT8_STATIC and options.quantization is not None:
        proto, int8 = quantize(
            proto, kind=model.kind, num_previous=model.num_previous, options=options.quantization,
            run_of=lambda content: _run_bytes(content, model.name),
        )  # fmt: skip
        header = replace(header, int8=int8)
    elif options.trained_int8 is not None:
        store_weights_in_int8(proto)
        header = replace(header, int8=options.trained_int8)
    return atomic_write(path, sealed(with_header(proto, replace(header, history=options.history))))


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs an exported file, or a model, which is exported in memory for each input size that comes."""
    providers(options.device)  # refuses at once a provider that is not here
    if isinstance(source, Path):
        content_for: Callable[[Shape], bytes] = lambda _: source.read_bytes()  # noqa: E731 (not kept: it may be large)
        content = source.read_bytes()
        check_no_external_data(content, path=source)
        session = _session(content, options, name=str(source))
        header = ExportHeader.from_json(_header_text(session, name=str(source)), path=source)
        header.check_whole(source)
        _check_form(session, header, name=str(source))
        ENGINE.precision_of_file(options, stored=header.precision, path=source)
        call = _runner(session)
    else:
        header = ExportHeader.of(source, precision=options.precision)
        content_for = _exported_in_memory(source, header=header, precision=options.precision)
        call = compiled_per_shape(lambda shape: _runner(_session(content_for(shape), options, name=source.name)))

    def profiled(*inputs: Float[np.ndarray, "..."]) -> tuple[LayerTime, ...]:
        content = content_for(inputs[0].shape)
        return layer_times(lambda prefix: _session(content, options, name=header.name, profile=prefix), *inputs)

    device = ENGINE.device_named(options.device)
    return predictor_of(call, header, source=source, engine=ENGINE.name, device=device, layer_times=profiled)


def _exported_in_memory(model: DepthModel, *, header: ExportHeader, precision: str) -> Callable[[Shape], bytes]:
    """Exports the model, with the weights of this moment, for an input size."""
    copied = deepcopy(model)
    return lambda shape: with_header(_proto(copied, shape=shape, precision=precision, dynamic=False), header)


def _proto(model: DepthModel, *, shape: Shape, precision: str, dynamic: bool):
    """The graph in a precision that needs no images; int8 starts from float."""
    proto = proto_of(model, shape=shape, is_half=precision == "fp16", dynamic=dynamic, not_fused=NOT_FUSED)
    return WITHOUT_IMAGES[precision](proto) if precision in WITHOUT_IMAGES else proto


def _run_bytes(content: bytes, name: str) -> Call:
    return _runner(_session(content, LoadOptions(device="cpu"), name=name))


def _session(content: bytes, options: LoadOptions, *, name: str, profile: Path | None = None):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.intra_op_num_threads = options.threads or 0
    levels = onnxruntime.GraphOptimizationLevel
    tries = [levels.ORT_ENABLE_ALL]
    if b"QuantizeLinear" in content:  # int8 products: on AVX2 without VNNI their sums would saturate, in silence
        settings.add_session_config_entry("session.x64quantprecision", "1")  # no effect on other processors
        tries.append(levels.ORT_ENABLE_BASIC)  # it fails where two layers share weights: in float, which is exact
    if profile is not None:
        settings.enable_profiling, settings.profile_file_prefix = True, str(profile)
    for level in tries:
        settings.graph_optimization_level = level
        try:
            session = onnxruntime.InferenceSession(content, settings, providers=providers(options.device))
        except Exception as error:  # the bindings raise many classes of their own that share no base but Exception
            if level is not tries[-1]:
                continue
            reason = re.sub(r"^.*\) ", "", reason_of(error))[:200]  # without the names of C++ functions in front
            raise HondoError(f"{name}: ONNX Runtime cannot read it ({reason}); export it again") from error
        check_used(session.get_providers(), device=options.device)
        return session
    raise AssertionError("the last try returns or raises")


def _header_text(session, *, name: str) -> str | None:
    """The header that hondo put into a file; none in those of others."""
    try:
        return session.get_modelmeta().custom_metadata_map.get(KEY)
    except UnicodeDecodeError as error:
        raise HondoError(f"{name}: its metadata is damaged ({reason_of(error)[:60]}); export it again") from error


def _check_form(session, header: ExportHeader, *, name: str) -> None:
    """Refuses a graph with other inputs or outputs than hondo's, whatever its header says."""
    given = [(each.type, len(each.shape)) for each in (*session.get_inputs(), *session.get_outputs())]
    if given != [("tensor(float)", axes) for axes in (*axes_of(num_previous=header.num_previous), 4)]:
        raise HondoError(
            f"{name} is not a depth network that hondo exported: it must take one image and give one map, both float "
            "with 4 axes; make it with hondo export"
        )


def _runner(session) -> Call:
    """Inputs are the caller's memory and the output the session's own: binding them gains nothing on a CPU."""
    names = [each.name for each in session.get_inputs()]

    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        return session.run(None, dict(zip(names, inputs, strict=True)))[0]

    return run


ENGINE = Engine(
    name="onnx",
    load_function=load,
    export_function=export,
    supports={
        "fp32": Support(),
        "fp16": Support(),
        INT8_DYNAMIC: Support(images="validate"),
        INT8_WEIGHTS: Support(images="validate"),
        INT8_STATIC: Support(runs=False, images="required"),
    },
    suffix=".onnx",
    devices=("cpu", *ACCELERATORS),
    packages=("onnxruntime",),
    model_packages=("onnx", "onnxscript"),
    extra="onnx",
)
