"""The engines by name, each imported on first use, and which one runs a file."""

from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.tables import Table
from hondo.engines.base.engine import Engine

ENGINES: Table[Engine] = Table(
    "engine",
    {
        "torch": "hondo.engines.torch.engine:ENGINE",
        "onnx": "hondo.engines.onnx.engine:ENGINE",
        "openvino": "hondo.engines.openvino.engine:ENGINE",
        "torch-compile": "hondo.engines.torch.compile:ENGINE",
        "aot-inductor": "hondo.engines.torch.aot_inductor:ENGINE",
        "tensorrt": "hondo.engines.tensorrt.engine:ENGINE",
        "executorch": "hondo.engines.executorch.engine:ENGINE",
    },
)

# Names that earlier versions used; still accepted.
OLDER_NAMES = {
    "pytorch": "torch",
    "onnx_runtime": "onnx",
    "onnxruntime": "onnx",
    "openvino_ir": "openvino",
    "torch_compile": "torch-compile",
    "compile": "torch-compile",
    "aot": "aot-inductor",
    "aot_inductor": "aot-inductor",
    "tensorrt_plan": "tensorrt",
    "executorch_pte": "executorch",
}


def engine_name(given: str) -> str:
    """The table's name of an engine, from it or from an older name."""
    return OLDER_NAMES.get(given, given)


def find_engine(name: str) -> Engine:
    """The engine of a name, new or old."""
    return ENGINES[engine_name(name)]


def file_suffixes() -> dict[str, Engine]:
    """The suffixes of the files that engines run, and the engine of each."""
    return {engine.suffix: engine for engine in ENGINES.values() if engine.suffix}


def engine_of_file(path: Path) -> Engine:
    """The engine that runs a file of this suffix."""
    suffixes = file_suffixes()
    if path.suffix.lower() not in suffixes:
        raise HondoError(f"{path}: hondo loads files that end in {', '.join(suffixes)}")
    return suffixes[path.suffix.lower()]
