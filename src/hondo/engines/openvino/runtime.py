"""Running an OpenVINO graph: its devices, its settings, one image at once or several."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.engines.base.compiled import Call, Shape, kept_per_shape
from hondo.engines.base.infer_queue import Finish, InferQueue

if TYPE_CHECKING:
    import openvino

HINTS = {"fp32": "f32", "fp16": "f16", "bf16": "bf16", "int8-weights": "f32"}
MAX_BEGUN = 4  # inputs in work: more streams, each on its share of the cores, cost memory and gain little

Compile = Callable[[Shape], "openvino.CompiledModel"]


def device_named(name: str) -> str:
    """OpenVINO's name of a device: CPU, GPU, GPU.1, NPU, where OpenVINO finds one here."""
    wanted = "CPU" if name in ("auto", "cpu") else name.upper()
    available = openvino_package().Core().available_devices
    if wanted.split(".")[0] not in {found.split(".")[0] for found in available}:
        raise HondoError(
            f"device '{name}': OpenVINO offers {', '.join(available).lower()} here; for CUDA use engine=\"torch\"",
            field="device",
        )
    return wanted


def settings(
    device: str, *, precision: str, threads: int | None, many: bool = False, float_precision: str = "fp32"
) -> dict[str, Any]:
    """What OpenVINO is told: the precision to compute in, and whether one image or many matter.

    ``beside``: what an int8 graph computes its other operations in; OpenVINO's own choice, which is bf16 where the
    processor has it, unless that was found to cost too much accuracy.
    """
    if device.startswith("NPU") and precision != "fp16":
        raise HondoError(f'an NPU computes in fp16, not {precision}; add precision="fp16"', field="precision")
    chosen: dict[str, Any] = {"INFERENCE_PRECISION_HINT": HINTS[precision]} if precision in HINTS else {}
    if precision == "int8" and float_precision == "fp32":
        chosen["INFERENCE_PRECISION_HINT"] = "f32"
    chosen["PERFORMANCE_HINT"] = "THROUGHPUT" if many else "LATENCY"
    return chosen | ({"INFERENCE_NUM_THREADS": threads} if threads is not None and device == "CPU" else {})


def compile_graph(graph: "openvino.Model", device: str, config: dict[str, Any]) -> "openvino.CompiledModel":
    """For a device. OpenVINO 2026.4 ends the process as it fuses some group normalisations, so it may fuse none."""
    if device == "CPU" and any(op.get_type_name() == "GroupNormalization" for op in graph.get_ops()):
        config = config | {"SNIPPETS_MODE": "DISABLE"}
    try:
        return openvino_package().Core().compile_model(graph, device, config)
    except RuntimeError as error:  # OpenVINO's one class of error
        reason = reason_of(error)[-200:]
        raise HondoError(
            f"OpenVINO cannot compile the network for {device} (... {reason}); take another precision or engine",
        ) from error


def runner(compiled: "openvino.CompiledModel") -> Call:
    """One request used again and again: its inputs are the caller's memory, its output is copied once."""
    request = compiled.create_infer_request()

    def run(*inputs: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        return request.infer(list(inputs), share_inputs=True)[0]

    return run


def queue_opener(compile_for: Compile) -> Callable[[], InferQueue]:
    """What opens a queue of asynchronous requests; graphs compiled for throughput are shared by all queues."""
    compiled, lock = kept_per_shape(compile_for), threading.Lock()

    def compiled_for(shape: Shape) -> "openvino.CompiledModel":
        with lock:
            return compiled(shape)

    def open_queue() -> InferQueue:
        requests = kept_per_shape(lambda shape: _Requests(compiled_for(shape)))
        return InferQueue(submit=lambda image: requests(image.shape).submit(image), depth=MAX_BEGUN)

    return open_queue


class _Requests:
    """As many requests as may be begun, taken in turn: the oldest is finished before its request is used again."""

    def __init__(self, compiled: "openvino.CompiledModel") -> None:
        self._requests = [compiled.create_infer_request() for _ in range(MAX_BEGUN)]
        self._next = 0

    def submit(self, image: Float[np.ndarray, "b 3 H W"]) -> Finish:
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        request.start_async([image], share_inputs=True)

        def finish() -> Float[np.ndarray, "b 1 h w"]:
            request.wait()
            return request.get_output_tensor(0).data.copy()

        return finish


def openvino_package():
    """The package, or what to install."""
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("openvino", extra="openvino") from error
    return openvino
