"""The engines by name, each imported on first use, and which one serves a file."""

from pathlib import Path
from types import ModuleType

from hondo.core.errors import HondoError
from hondo.core.tables import Table

ENGINES: Table[ModuleType] = Table(
    "engine",
    {
        "pytorch": "hondo.engines.torch.engine",
        "onnx_runtime": "hondo.engines.onnx.engine",
        "openvino_ir": "hondo.engines.openvino.engine",
        "torch_compile": "hondo.engines.torch.compile",
        "aot_inductor": "hondo.engines.torch.aot_inductor",
        "tensorrt_plan": "hondo.engines.tensorrt.engine",
        "executorch_pte": "hondo.engines.executorch.engine",
    },
)

# What users may also write.
ALIASES = {
    "torch": "pytorch",
    "onnx": "onnx_runtime",
    "onnxruntime": "onnx_runtime",
    "openvino": "openvino_ir",
    "compile": "torch_compile",
    "aot": "aot_inductor",
    "tensorrt": "tensorrt_plan",
    "executorch": "executorch_pte",
}

SUFFIXES = {
    ".safetensors": "pytorch",
    ".onnx": "onnx_runtime",
    ".xml": "openvino_ir",
    ".pt2": "aot_inductor",
    ".engine": "tensorrt_plan",
    ".pte": "executorch_pte",
}


def engine_name(given: str) -> str:
    """The table's name of an engine, from it or from an alias."""
    return ALIASES.get(given, given)


def check_precision(precision: str, *, engine: str, allowed: tuple[str, ...]) -> str:
    """The precision, if the engine offers it."""
    if precision not in allowed:
        raise HondoError(f"precision '{precision}' is not offered by {engine}; choose one of: {', '.join(allowed)}")
    return precision


def check_exported(precision: str, *, exported: str, path: Path) -> None:
    """Refuses to run a file in another precision than its own; fp32 asks for nothing."""
    if precision not in ("fp32", exported):
        raise HondoError(
            f'{path} was exported in {exported}; export it again with precision="{precision}"', field="precision"
        )


def engine_of_file(path: Path) -> str:
    """The engine that reads a file of this suffix."""
    if path.suffix.lower() not in SUFFIXES:
        raise HondoError(f"{path}: hondo loads files that end in {', '.join(SUFFIXES)}")
    return SUFFIXES[path.suffix.lower()]
