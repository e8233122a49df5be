"""The engines by name, each imported on first use."""

from typing import TYPE_CHECKING

from hondo.core.tables import Table

if TYPE_CHECKING:
    from hondo.engines.base.engine import Engine

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

ENGINES: "Table[Engine]" = Table(
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
    aliases=OLDER_NAMES,
)
