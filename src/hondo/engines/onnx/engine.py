"""ONNX Runtime as an engine, and export to one .onnx file that other runtimes read too."""

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import nn

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.core.types import Size
from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, served
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.onnx.int8 import quantise
from hondo.engines.onnx.int8_weights import with_int8_matrices, with_int8_weights
from hondo.engines.onnx.providers import check_used, onnxruntime_package, providers
from hondo.engines.quantization.validation import Quantising, check_quantising, check_served
from hondo.engines.registry import check_exported, check_precision
from hondo.engines.tracing.export_graph import quiet, trace
from hondo.engines.tracing.graph_inputs import axes_of, shapes_of
from hondo.models.base.depth_model import DepthModel
from hondo.nn.upsampling.upsample_conv import UpsampleConv

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
PRECISIONS = ("fp32", "fp16", "int8-dynamic", "int8-weights")
CALIBRATED = ("int8",)  # precisions whose export takes images
EXPORT_PRECISIONS = (*PRECISIONS, *CALIBRATED)
SUFFIX = ".onnx"
OPSET = 18
# Their equals transpose, convolutions or places: ONNX Runtime does the first in float only, and the second slowly.
LEFT = (UpsampleConv, nn.Sequential)
_INT8 = {"int8-dynamic": with_int8_matrices, "int8-weights": with_int8_weights}


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
    """Writes one .onnx file, weights inside; fp16 computes in half precision, its input and output stay float32.

    int8 has ranges and spared layers by ``quantising``; int8-dynamic multiplies matrices as whole numbers, with ranges
    of the moment; int8-weights is unpacked when a session starts.
    """
    check_precision(precision, engine="onnx_runtime", allowed=EXPORT_PRECISIONS)
    check_quantising(precision, quantising, dynamic=dynamic)
    spec = export_spec(model.input_spec, size_hw=size_hw, dynamic=dynamic)
    header = header_of(model, spec=spec, precision=precision, licence=licence)
    content = onnx_bytes(
        model, shape=(1, 3, *spec.size_hw), precision=precision, dynamic=dynamic, header=header, leaving=LEFT
    )
    if quantising is not None:
        content = _quantised(content, header=header, quantising=quantising)
    return atomic_write(path, content)


def load(
    source: DepthModel | Path, *, device: str = "auto", precision: str = "fp32", threads: int | None = None
) -> NetworkPredictor:
    """Serves an exported file, or any DepthModel, which is exported in memory for each input size that comes."""
    providers(device)  # refuses at once what is not here
    if isinstance(source, Path):
        session = _session(source.read_bytes(), device=device, threads=threads, name=str(source))
        header = ExportHeader.from_json(session.get_modelmeta().custom_metadata_map.get(KEY), path=source)
        _check_form(session, header, name=str(source))
        check_exported(precision, exported=header.precision, path=source)
        call = _runner(session)
    else:
        check_served(precision, exported=None, engine="onnx_runtime", allowed=PRECISIONS)
        header = ExportHeader.of(source, precision=precision)
        call = _serve_model(source, header=header, device=device, threads=threads)
    return served(
        call, header, source=source, engine="onnx_runtime", device="cpu" if device == "auto" else device
    )  # fmt: skip


def _serve_model(model: DepthModel, *, header: ExportHeader, device: str, threads: int | None) -> Call:
    """One session for each input size that comes; the weights are those of this moment."""
    copied = deepcopy(model)

    def session_for(shape: Shape) -> Call:
        content = onnx_bytes(
            copied, shape=shape, precision=header.precision, dynamic=False, header=header, leaving=LEFT
        )
        return _runner(_session(content, device=device, threads=threads, name=model.name))

    return compiled_per_shape(session_for)


def _quantised(content: bytes, *, header: ExportHeader, quantising: Quantising) -> bytes:
    import onnx

    def call_of(content: bytes) -> Call:
        return _runner(_session(content, device="cpu", threads=None, name=header.name))

    proto, int8 = quantise(onnx.load_from_string(content), kind=header.kind, quantising=quantising, call_of=call_of)
    onnx.helper.set_model_props(proto, {KEY: replace(header, int8=int8).to_json()})
    return proto.SerializeToString()


def onnx_bytes(
    model: DepthModel,
    *,
    shape: Shape,
    precision: str,
    dynamic: bool,
    header: ExportHeader,
    leaving: Collection[type] = (),
) -> bytes:
    """The whole .onnx file of a model: one graph, its weights, its header. ``leaving``: see ``trace``."""
    try:
        import onnx
        import onnxscript  # noqa: F401  (torch's exporter needs it and says so in a page of text)
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", extra="onnx") from error
    import torch

    dtype = torch.float16 if precision == "fp16" else torch.float32
    program = trace(model, size_hw=shape[2:], batch=shape[0], dynamic=dynamic, dtype=dtype, leaving=leaving)
    with quiet(), _silent_exporter():
        exported = torch.onnx.export(
            program, opset_version=OPSET, dynamo=True, verbose=False, output_names=["depth"],
            input_names=list(shapes_of(shape, num_previous=model.num_previous)),
        )  # fmt: skip
    assert exported is not None
    proto = exported.model_proto
    if precision in _INT8:
        proto = _INT8[precision](proto)
    onnx.helper.set_model_props(proto, {KEY: header.to_json()})
    content = BytesIO()
    onnx.save_model(proto, content)
    return content.getvalue()


def _session(content: bytes, *, device: str, threads: int | None, name: str):
    onnxruntime = onnxruntime_package()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0
    try:
        session = onnxruntime.InferenceSession(content, options, providers=providers(device))
    except Exception as error:  # the bindings raise many classes of their own that share no base but Exception
        raise HondoError(f"{name}: ONNX Runtime cannot read it ({_reason(error)}); export it again") from error
    check_used(session.get_providers(), device=device)
    return session


def _check_form(session, header: ExportHeader, *, name: str) -> None:
    """Refuses a graph that is not of hondo's form, whatever its header says."""
    given = [(each.type, len(each.shape)) for each in (*session.get_inputs(), *session.get_outputs())]
    if given != [("tensor(float)", axes) for axes in (*axes_of(num_previous=header.num_previous), 4)]:
        raise HondoError(
            f"{name} is no depth network of hondo's form: it must take one image and give one map, both float with "
            "4 axes; make it with hondo export"
        )


def _reason(error: Exception) -> str:
    """What ONNX Runtime says, without the names of its C++ functions in front."""
    return re.sub(r"^.*\) ", "", reason_of(error))[:200]


def _runner(session) -> Call:
    """Inputs are the caller's memory and the output the session's own: binding them gains nothing on a CPU."""
    names = [each.name for each in session.get_inputs()]

    def run(*inputs: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        return session.run(None, dict(zip(names, inputs, strict=True)))[0]

    return run


@contextmanager
def _silent_exporter() -> Iterator[None]:
    """torch's exporter prints its progress and logs its advice; neither is for hondo's users."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        logger.setLevel(level)
