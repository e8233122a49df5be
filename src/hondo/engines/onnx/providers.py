"""ONNX Runtime's execution providers by hondo's device names, and how to install one that is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hondo.core.errors import HondoError

Provider = tuple[str, dict[str, Any]]  # ONNX Runtime's name, and its options


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """An execution provider, and the package of ONNX Runtime that holds it."""

    provider: str
    remedy: str


_GPU = "install onnxruntime-gpu in place of onnxruntime"
ACCELERATORS: dict[str, Accelerator] = {
    "cuda": Accelerator(provider="CUDAExecutionProvider", remedy=_GPU),
    "tensorrt": Accelerator(provider="TensorrtExecutionProvider", remedy=f"{_GPU}, and TensorRT beside it"),
    "openvino": Accelerator(provider="OpenVINOExecutionProvider", remedy="install onnxruntime-openvino"),
    "coreml": Accelerator(provider="CoreMLExecutionProvider", remedy="it exists on macOS only"),
    "dml": Accelerator(provider="DmlExecutionProvider", remedy="install onnxruntime-directml (Windows)"),
    "xnnpack": Accelerator(provider="XnnpackExecutionProvider", remedy="build ONNX Runtime with XNNPACK"),
}


def providers(device: str) -> list[Provider]:
    """The providers of a device, the preferred one first: what it cannot run, the next one runs."""
    import onnxruntime

    name, _, index = device.partition(":")
    if device in ("auto", "cpu"):
        return [("CPUExecutionProvider", {})]
    if name not in ACCELERATORS or (index and not index.isdigit()):
        allowed = ", ".join(("auto", "cpu", *ACCELERATORS))
        raise HondoError(
            f"device '{device}' is unknown to onnx; use one of: {allowed} (cuda:1 for the second)", field="device"
        )
    wanted = ACCELERATORS[name]
    if wanted.provider not in onnxruntime.get_available_providers():
        raise HondoError(
            f"device '{device}': this ONNX Runtime has no {wanted.provider}; {wanted.remedy}, or use cpu",
            field="device",
        )
    options = {"device_id": int(index)} if index else {}
    below = [(ACCELERATORS["cuda"].provider, options)] if name == "tensorrt" else []
    return [(wanted.provider, options | _cached_plans(name)), *below, ("CPUExecutionProvider", {})]


def check_used(used: Sequence[str], *, device: str) -> None:
    """Refuses a session that fell back to the CPU, as ONNX Runtime does silently where a driver is missing."""
    wanted = providers(device)[0][0]
    if wanted not in used:
        raise HondoError(
            f"device '{device}': {wanted} did not start; its driver or libraries are missing or of another version; "
            "install them (nvidia-smi prints the driver's version), or use cpu",
            field="device",
        )


def _cached_plans(name: str) -> dict[str, Any]:
    """TensorRT builds for minutes: its plans are kept in hondo's cache."""
    from hondo.core.cache import cache_folder

    if name != "tensorrt":
        return {}
    return {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(cache_folder("onnx-tensorrt"))}
