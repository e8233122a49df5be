"""ExecuTorch as an engine. Its file is one .pte, for phones: XNNPACK computes it on ARM and x86 processors."""

from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.seal import sealed
from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, predictor_of
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions, Support
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.tracing.export_graph import DTYPES, silent, trace
from hondo.models.base.depth_model import DepthModel

FORWARD = "forward"  # the method that other apps call; that of KEY gives the header as text


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Writes one .pte of one size; fp16 computes in half precision, its input and output stay float32."""
    spec = export_spec(model.input_spec, size_hw=options.size_hw, dynamic=False)
    header = header_of(model, spec=spec, precision=options.precision, licence=options.licence, batch=options.batch)
    shape = (options.batch, 3, *spec.size_hw)
    content = program_bytes(contiguous(model), shape=shape, precision=options.precision, header=header)
    return atomic_write(path, sealed(content))


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs a file on the CPU, or a model, which is exported in memory for each size. ``threads``: of the process."""
    if options.threads is not None:
        _package("executorch.extension.pybindings.portable_lib")._unsafe_reset_threadpool(options.threads)
    if isinstance(source, Path):
        program = _program(source.read_bytes(), name=str(source))
        header = ExportHeader.from_json(_header_text(program), path=source)
        header.check_whole(source)
        ENGINE.precision_of_file(options, stored=header.precision, path=source)
        call = _runner(program, name=str(source))
    else:
        header = ExportHeader.of(source, precision=options.precision)
        call = _program_per_shape(contiguous(source), header=header)
    return predictor_of(call, header, source=source, engine=ENGINE.name, device="cpu")


def contiguous(model: DepthModel) -> DepthModel:
    """A copy whose weights have the contiguous memory format, which XNNPACK reads."""
    return deepcopy(model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def program_bytes(model: DepthModel, *, shape: Shape, precision: str, header: ExportHeader) -> bytes:
    """The .pte of a ``contiguous`` model: XNNPACK computes what it can, ExecuTorch's own kernels the rest."""
    exir = _package("executorch.exir")
    xnnpack = _package("executorch.backends.xnnpack.partition.xnnpack_partitioner")
    program = trace(model, size_hw=shape[2:], batch=shape[0], dtype=DTYPES[precision])
    to_contiguous_format(program)
    try:
        with silent():
            lowered = exir.to_edge_transform_and_lower(
                program, partitioner=[xnnpack.XnnpackPartitioner()], constant_methods={KEY: header.to_json()}
            )
            return bytes(lowered.to_executorch().buffer)
    except Exception as error:  # its passes raise many classes that share no base but Exception
        raise HondoError(
            f"{model.name}: ExecuTorch cannot take it ({reason_of(error)[:200]}); export to onnx"
        ) from error


def to_contiguous_format(program: torch.export.ExportedProgram) -> None:
    """Removes, in place, the channels-last memory format: XNNPACK uses it by itself, and ExecuTorch's own kernels
    confuse the two formats."""
    for node in program.graph.nodes:
        if node.kwargs.get("memory_format") is torch.channels_last:
            node.update_kwarg("memory_format", torch.contiguous_format)
        node.args = tuple(torch.contiguous_format if each is torch.channels_last else each for each in node.args)
    program.graph_module.recompile()


def _program_per_shape(model: DepthModel, *, header: ExportHeader) -> Call:
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


def _header_text(program: Any) -> str | None:
    """The header that hondo put into a program; none in those of others."""
    return program.load_method(KEY).execute([])[0] if KEY in program.method_names else None


def _runner(program: Any, *, name: str) -> Call:
    """The inputs are the caller's memory; the output is a copy of the program's."""
    try:
        method = program.load_method(FORWARD)
    except RuntimeError as error:
        raise HondoError(f"{name}: ExecuTorch cannot prepare it ({reason_of(error)[:200]}); export it again") from error

    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        assert program is not None  # held here: a method does not keep the memory of its program alive
        try:
            return method.execute([torch.from_numpy(each) for each in inputs])[0].numpy()
        except RuntimeError as error:
            raise HondoError(
                f"{name}: ExecuTorch cannot run it ({reason_of(error)[:200]}); take another engine"
            ) from error

    return run


def _package(name: str) -> Any:
    """One of ExecuTorch's modules, imported without its warnings."""
    with silent():
        return import_module(name)


ENGINE = Engine(
    name="executorch",
    load_function=load,
    export_function=export,
    supports={"fp32": Support(), "fp16": Support()},
    suffix=".pte",
    devices=("cpu",),
    packages=("executorch",),
    extra="executorch",
    exports_dynamic=False,
)
