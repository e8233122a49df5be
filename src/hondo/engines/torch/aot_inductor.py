"""AOTInductor as an engine: the compiler of torch.compile run ahead of time; its .pt2 file holds machine code."""

import json
import platform
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.atomic import atomic_path
from hondo.core.errors import HondoError, reason_of
from hondo.core.types import Size
from hondo.engines.base.compiled import Call, served
from hondo.engines.base.metadata import KEY, ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.registry import check_exported, check_precision
from hondo.engines.torch.compile import use_compiler
from hondo.engines.torch.engine import torch_device
from hondo.engines.tracing.export_graph import quiet, silent, trace
from hondo.models.base.depth_model import DepthModel

PACKAGES = ()
PRECISIONS = ("fp32", "fp16", "bf16")
EXPORT_PRECISIONS = PRECISIONS
SUFFIX = ".pt2"
CHECKED_ON = "auto"  # where an export is compared with torch: the kind of device it was made for
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}

# The instruction sets that a .pt2 may name, and whether this processor has them.
_INSTRUCTIONS = {
    "AVX2": torch.cpu._is_avx2_supported,
    "AVX512": torch.cpu._is_avx512_supported,
    "AVX512_VNNI": torch.cpu._is_vnni_supported,
    "AMX_TILE": torch.cpu._is_amx_tile_supported,
}


def export(
    model: DepthModel,
    path: Path,
    *,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    licence: str = "",
    device: str = "auto",
) -> Path:
    """Writes one .pt2 for processors (or GPUs) like this one; fp16 and bf16 files hold their weights in that type."""
    check_precision(precision, engine="aot_inductor", allowed=EXPORT_PRECISIONS)
    target = torch_device(device)
    use_compiler(target, engine="aot_inductor")
    spec = export_spec(model.input_spec, size_hw=size_hw, dynamic=dynamic)
    header = header_of(model, spec=spec, precision=precision, licence=licence)
    program = trace(model, size_hw=spec.size_hw, dynamic=dynamic, device=target, dtype=_DTYPES[precision])
    settings = {"aot_inductor.metadata": {KEY: header.to_json()}}
    with quiet(), atomic_path(path) as draft, _compiling(model.name):
        torch._inductor.aoti_compile_and_package(program, package_path=str(draft), inductor_configs=settings)
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
            f"AOTInductor cannot compile {name} ({reason[:100]} ... {reason[-100:]}); export to OpenVINO or ONNX",
        ) from error


def load(
    source: DepthModel | Path, *, device: str = "auto", precision: str = "fp32", threads: int | None = None
) -> NetworkPredictor:
    """Serves a .pt2 on the kind of device it was made for. It runs as code: load only files that you trust."""
    if isinstance(source, DepthModel):
        raise HondoError(
            f'AOTInductor runs .pt2 files; export {source.name} to one, or take engine="torch-compile"',
            field="engine",
        )
    check_precision(precision, engine="aot_inductor", allowed=PRECISIONS)
    about = read_about(source)
    header = ExportHeader.from_json(about.get(KEY), path=source)
    check_exported(precision, exported=header.precision, path=source)
    target = torch_device(device) if device != "auto" else torch.device(about.get("AOTI_DEVICE_KEY", "cpu"))
    check_machine(source, about, device_type=target.type)
    if threads is not None:
        torch.set_num_threads(threads)
    call = _runner(_package(source), target=target)
    return served(call, header, source=source, engine="aot_inductor", device=str(target))


def read_about(path: Path) -> dict[str, str]:
    """What a .pt2 says of itself and of the machine it was compiled for, read without running any of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [name for name in archive.namelist() if name.endswith("_metadata.json")]
            stored = [json.loads(archive.read(name)) for name in entries]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise HondoError(
            f"{path}: no .pt2 package can be read from it; it may be cut short, export it again"
        ) from error
    return next((each for each in stored if KEY in each), stored[0] if stored else {})


def check_machine(path: Path, about: dict[str, str], *, device_type: str) -> None:
    """Refuses machine code that was compiled for another kind of processor or GPU."""
    here = {"AOTI_MACHINE": platform.machine(), "AOTI_DEVICE_KEY": device_type}
    if device_type == "cuda":
        here["AOTI_COMPUTE_CAPABILITY"] = "".join(map(str, torch.cuda.get_device_capability()))
    for key, found in here.items():
        if about.get(key, found) not in ("", found):
            raise HondoError(f"{path} was compiled for {about[key]}, this is {found}; export it again here")
    wanted = about.get("AOTI_CPU_ISA", "").split() if device_type == "cpu" else []
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
    def run(*inputs: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        with torch.inference_mode():
            return package(*(torch.from_numpy(each).to(target) for each in inputs)).cpu().numpy()

    return run
