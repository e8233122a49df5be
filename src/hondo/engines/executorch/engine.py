"""ExecuTorch as an engine, and export to one .pte file for phones: XNNPACK computes it, on ARM and x86 processors."""

from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.core.types import Size
from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, served
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.registry import check_exported, check_precision
from hondo.engines.tracing.export_graph import silent, trace
from hondo.models.base.depth_model import DepthModel

PACKAGES = ("executorch",)
PRECISIONS = ("fp32", "fp16")
EXPORT_PRECISIONS = PRECISIONS
SUFFIX = ".pte"
FORWARD = "forward"  # the method that other apps call; that of KEY gives the header as text


def export(
    model: DepthModel,
    path: Path,
    *,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    licence: str = "",
) -> Path:
    """Writes one .pte of one size; fp16 computes in half precision, its input and output stay float32."""
    check_precision(precision, engine="executorch_pte", allowed=EXPORT_PRECISIONS)
    if dynamic:
        raise HondoError(
            f"{path}: ExecuTorch plans its memory for one size; leave out dynamic=True, or export to ONNX",
            field="dynamic",
        )
    spec = export_spec(model.input_spec, size_hw=size_hw, dynamic=False)
    header = header_of(model, spec=spec, precision=precision, licence=licence)
    return atomic_write(
        path, program_bytes(contiguous(model), shape=(1, 3, *spec.size_hw), precision=precision, header=header)
    )


def load(
    source: DepthModel | Path, *, device: str = "auto", precision: str = "fp32", threads: int | None = None
) -> NetworkPredictor:
    """Serves a file on the CPU, or a model, which is exported in memory for each size. ``threads``: of the process."""
    check_precision(precision, engine="executorch_pte", allowed=PRECISIONS)
    if device not in ("auto", "cpu"):
        raise HondoError(
            f"device '{device}': hondo runs ExecuTorch on the CPU; use cpu, or another engine", field="device"
        )
    if threads is not None:
        _package("executorch.extension.pybindings.portable_lib")._unsafe_reset_threadpool(threads)
    if isinstance(source, Path):
        program = _program(source.read_bytes(), name=str(source))
        header = ExportHeader.from_json(_about(program), path=source)
        check_exported(precision, exported=header.precision, path=source)
        call = _runner(program, name=str(source))
    else:
        header = ExportHeader.of(source, precision=precision)
        call = _serve_model(contiguous(source), header=header)
    return served(call, header, source=source, engine="executorch_pte", device="cpu")


def contiguous(model: DepthModel) -> DepthModel:
    """A copy whose weights lie as XNNPACK reads them."""
    return deepcopy(model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def program_bytes(model: DepthModel, *, shape: Shape, precision: str, header: ExportHeader) -> bytes:
    """The whole .pte of a ``contiguous`` model: what XNNPACK can, it computes; ExecuTorch's own kernels do the rest."""
    exir = _package("executorch.exir")
    xnnpack = _package("executorch.backends.xnnpack.partition.xnnpack_partitioner")
    dtype = torch.float16 if precision == "fp16" else torch.float32
    program = trace(model, size_hw=shape[2:], batch=shape[0], dtype=dtype)
    in_plain_order(program)
    try:
        with silent():
            lowered = exir.to_edge_transform_and_lower(
                program, partitioner=[xnnpack.XnnpackPartitioner()], constant_methods={KEY: header.to_json()}
            )
            return bytes(lowered.to_executorch().buffer)
    except Exception as error:  # its passes raise many classes that share no base but Exception
        raise HondoError(
            f"{model.name}: ExecuTorch cannot take it ({reason_of(error)[:200]}); export it to ONNX",
        ) from error


def in_plain_order(program: torch.export.ExportedProgram) -> None:
    """Takes back, in place, what lays maps out with channels last: XNNPACK does so itself, the other kernels mix both
    orders up."""
    for node in program.graph.nodes:
        if node.kwargs.get("memory_format") is torch.channels_last:
            node.update_kwarg("memory_format", torch.contiguous_format)
        node.args = tuple(torch.contiguous_format if each is torch.channels_last else each for each in node.args)
    program.graph_module.recompile()


def _serve_model(model: DepthModel, *, header: ExportHeader) -> Call:
    """One program for each input size that comes."""

    def program_for(shape: Shape) -> Call:
        content = program_bytes(model, shape=shape, precision=header.precision, header=header)
        return _runner(_program(content, name=model.name), name=model.name)

    return compiled_per_shape(program_for)


def _program(content: bytes, *, name: str) -> Any:
    runtime = _package("executorch.runtime").Runtime.get()
    try:
        return runtime.load_program(content)
    except RuntimeError as error:
        raise HondoError(f"{name}: ExecuTorch cannot read it ({reason_of(error)[:200]}); export it again") from error


def _about(program: Any) -> str | None:
    """The header that hondo put into a program; none in those of others."""
    return program.load_method(KEY).execute([])[0] if KEY in program.method_names else None


def _runner(program: Any, *, name: str) -> Call:
    """The inputs are the caller's memory; the output is a copy of the program's."""
    try:
        method = program.load_method(FORWARD)
    except RuntimeError as error:
        raise HondoError(f"{name}: ExecuTorch cannot prepare it ({reason_of(error)[:200]}); export it again") from error

    def run(*inputs: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        assert program is not None  # held here: a method does not keep the memory of its program alive
        try:
            return method.execute([torch.from_numpy(each) for each in inputs])[0].numpy()
        except RuntimeError as error:
            raise HondoError(
                f"{name}: ExecuTorch cannot run it ({reason_of(error)[:200]}); take another engine"
            ) from error

    return run


def _package(name: str) -> Any:
    """One of ExecuTorch's modules, or what to install."""
    try:
        with silent():
            return import_module(name)
    except ImportError as error:
        raise MissingExtraError("executorch", extra="executorch") from error
