"""AOTInductor as an engine: the compiler of torch.compile, run ahead of time. Its .pt2 file holds machine code."""

import os
import platform
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import atomic_path
from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.archive import open_archive, read_member
from hondo.core.integrity.seal import FREE, check_whole, sealed
from hondo.core.text_file import load_object
from hondo.engines.base.compiled import Call, predictor_of
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions, Support
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.torch.compile import use_compiler
from hondo.engines.torch.engine import auto_device, torch_device
from hondo.engines.tracing.export_graph import DTYPES, quiet, silent, trace
from hondo.models.base.depth_model import DepthModel

COMMENT = "in the archive's comment"  # where the hash of a .pt2 stands: its metadata is compressed
_MAX_METADATA = 2**20  # bytes
# The instruction sets that a .pt2 may name, and whether this processor has them.
_INSTRUCTIONS = {
    "AVX2": torch.cpu._is_avx2_supported,
    "AVX512": torch.cpu._is_avx512_supported,
    "AVX512_VNNI": torch.cpu._is_vnni_supported,
    "AMX_TILE": torch.cpu._is_amx_tile_supported,
}


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Writes one .pt2 for processors (or GPUs) like this one; fp16 and bf16 files hold their weights in that type."""
    target, precision = torch_device(options.device), options.precision
    use_compiler(target, engine=ENGINE.name)
    spec = export_spec(model.input_spec, size_hw=options.size_hw, dynamic=options.dynamic)
    header = header_of(model, spec=spec, precision=precision, licence=options.licence, batch=options.batch)
    header = replace(header, sha256=COMMENT)
    program = trace(
        model, size_hw=spec.size_hw, batch=options.batch, dynamic=options.dynamic, device=target,
        dtype=DTYPES[precision],
    )  # fmt: skip
    settings = {"aot_inductor.metadata": {KEY: header.to_json()}}
    with quiet(), atomic_path(path) as draft, _compiling(model.name):
        torch._inductor.aoti_compile_and_package(program, package_path=str(draft), inductor_configs=settings)
        with zipfile.ZipFile(draft, "a") as archive:
            archive.comment = FREE.encode()
        draft.write_bytes(sealed(draft.read_bytes()))
    return path


@contextmanager
def _compiling(name: str) -> Iterator[None]:
    """The compilers of torch raise many classes that share no base but Exception, with pages of text."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        reason = reason_of(error)
        raise HondoError(
            f"AOTInductor cannot compile {name} ({reason[:100]} ... {reason[-100:]}); export to openvino or onnx"
        ) from error


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs a .pt2 on the kind of device it was compiled for. It runs as code: load only files that you trust."""
    assert isinstance(source, Path)  # as the engine states: it runs files only
    metadata = read_metadata(source)
    header = ExportHeader.from_json(metadata.get(KEY), path=source)
    if header.sha256 == COMMENT:
        with source.open("rb") as file:
            file.seek(-len(FREE), os.SEEK_END)
            check_whole(source, file.read().decode("latin-1"))
    ENGINE.precision_of_file(options, stored=header.precision, path=source)
    name = metadata.get("AOTI_DEVICE_KEY", "cpu") if options.device == "auto" else options.device
    target = torch_device(name)
    check_machine(source, metadata, device_type=target.type)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    call = _runner(_package(source), target=target)
    return predictor_of(call, header, source=source, engine=ENGINE.name, device=str(target))


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a .pt2: its header and the machine it was compiled for, read without running any of it."""
    try:
        with open_archive(path, name=str(path)) as archive:
            entries = [name for name in archive.namelist() if name.endswith("_metadata.json")]
            stored = [load_object(read_member(archive, name, max_bytes=_MAX_METADATA), name=name) for name in entries]
    except HondoError as error:
        raise HondoError(
            f"{path}: no .pt2 package can be read from it; it may be cut short, export it again"
        ) from error
    return next((each for each in stored if KEY in each), stored[0] if stored else {})


def check_machine(path: Path, metadata: dict[str, str], *, device_type: str) -> None:
    """Refuses machine code that was compiled for another kind of processor or GPU."""
    here = {"AOTI_MACHINE": platform.machine(), "AOTI_DEVICE_KEY": device_type}
    if device_type == "cuda":
        here["AOTI_COMPUTE_CAPABILITY"] = "".join(map(str, torch.cuda.get_device_capability()))
    for key, found in here.items():
        if metadata.get(key, found) not in ("", found):
            raise HondoError(f"{path} was compiled for {metadata[key]}, this is {found}; export it again here")
    wanted = metadata.get("AOTI_CPU_ISA", "").split() if device_type == "cpu" else []
    missing = [name for name in wanted if name in _INSTRUCTIONS and not _INSTRUCTIONS[name]()]
    if missing:
        raise HondoError(f"{path} uses {', '.join(missing)}, which this processor lacks; export it again here")


def _package(path: Path):
    try:
        with silent():  # it warns of a file of its own where no compiler is installed
            return torch._inductor.aoti_load_package(str(path))
    except RuntimeError as error:
        reason = reason_of(error)[:200]
        raise HondoError(f"{path}: torch {torch.__version__} cannot run it ({reason}); export it again") from error


def _runner(package, *, target: torch.device) -> Call:
    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        with torch.inference_mode():
            return package(*(torch.from_numpy(each).to(target) for each in inputs)).cpu().numpy()

    return run


ENGINE = Engine(
    name="aot-inductor",
    load_function=load,
    export_function=export,
    supports=dict.fromkeys(DTYPES, Support()),
    suffix=".pt2",
    devices=("cpu", "cuda"),
    auto_device=auto_device,
    runs_models=False,
    compared_on="auto",  # the kind of device that the file was compiled for
)
