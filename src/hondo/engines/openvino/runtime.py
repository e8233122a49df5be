"""Runs an OpenVINO graph: devices, configuration, one image at a time or several."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, reason_of
from hondo.core.interrupts import deferred_interrupt
from hondo.core.memory_errors import memory_errors_explained
from hondo.engines.base.compiled import Call, Shape, kept_per_shape
from hondo.engines.base.infer_queue import Finish, InferQueue
from hondo.engines.base.layer_times import LayerTime
from hondo.engines.openvino.decompose import GROUP_NORM, decompose_group_norms

if TYPE_CHECKING:
    import openvino

HINTS = {"fp32": "f32", "fp16": "f16", "bf16": "bf16", "int8-weights": "f32"}
MAX_BEGUN = 4  # requests at once: more, each on its share of the cores, cost memory and gain little

Compile = Callable[[Shape], "openvino.CompiledModel"]


def device_here(name: str) -> str:
    """OpenVINO's name of a device that it finds here: CPU, GPU, GPU.1 or NPU."""
    import openvino as ov

    wanted = name.upper()
    available = ov.Core().available_devices
    if wanted.split(".")[0] not in {found.split(".")[0] for found in available}:
        raise HondoError(
            f"device '{name}': OpenVINO finds {', '.join(available).lower()} here; use one of them", field="device"
        )
    return wanted


def settings(
    device: str, *, precision: str, threads: int | None, many: bool = False, float_precision: str = "fp32"
) -> dict[str, Any]:
    """OpenVINO's configuration: the precision to compute in, and whether latency or throughput matters (``many``).

    ``float_precision``: of the float part of an int8 graph. bf16 leaves the choice to OpenVINO, which takes bf16 where
    the processor has it.
    """
    chosen: dict[str, Any] = {"INFERENCE_PRECISION_HINT": HINTS[precision]} if precision in HINTS else {}
    if precision == "int8" and float_precision == "fp32":
        chosen["INFERENCE_PRECISION_HINT"] = "f32"
    chosen["PERFORMANCE_HINT"] = "THROUGHPUT" if many else "LATENCY"
    return chosen | ({"INFERENCE_NUM_THREADS": threads} if threads is not None and device == "CPU" else {})


def compile_graph(graph: "openvino.Model", device: str, config: dict[str, Any]) -> "openvino.CompiledModel":
    """Compiles a graph for a device; for the CPU group normalizations are decomposed first.

    OpenVINO 2026.4 ends the process when it fuses some of them there, and switching fusion off for the whole network
    would cost more than it takes to compute them step by step: attention is one fused operation too.
    """
    import openvino as ov

    if device == "CPU" and any(op.get_type_name() == GROUP_NORM for op in graph.get_ops()):
        graph = graph.clone()
        decompose_group_norms(graph)
    try:
        with deferred_interrupt(), memory_errors_explained("give a smaller size_hw"):
            return ov.Core().compile_model(graph, device, config)
    except RuntimeError as error:  # OpenVINO's one class of error
        reason = reason_of(error)[-200:]
        raise HondoError(
            f"OpenVINO cannot compile the network for {device} (... {reason}); use another precision or engine"
        ) from error


def int8_runner(graph: "openvino.Model", *, float_precision: str) -> Call:
    """Compiles an int8 graph for the CPU, its float part in this precision, and runs it."""
    config = settings("CPU", precision="int8", threads=None, float_precision=float_precision)
    return runner(compile_graph(graph, "CPU", config))


def runner(compiled: "openvino.CompiledModel") -> Call:
    """Runs one request again and again: the inputs are the caller's memory, the output is copied once."""
    request = compiled.create_infer_request()

    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        return request.infer(list(inputs), share_inputs=True)[0]

    return run


def layer_times(
    compiled: "openvino.CompiledModel", inputs: Sequence[Float[np.ndarray, "..."]]
) -> tuple[LayerTime, ...]:
    """The layers of a graph that was compiled with PERF_COUNT, as they ran in the second of two calls."""
    request = compiled.create_infer_request()
    for _ in range(2):
        request.infer(list(inputs), share_inputs=True)
    return tuple(
        LayerTime(
            name=layer.node_name,
            kind=layer.node_type,
            kernel=layer.exec_type,
            milliseconds=layer.real_time.total_seconds() * 1000,
        )
        for layer in request.profiling_info
        if layer.real_time
    )


def queue_opener(compile_for: Compile) -> Callable[[], InferQueue]:
    """Opens queues of asynchronous requests, which share the graphs that are compiled for throughput."""
    compiled, lock = kept_per_shape(compile_for), threading.Lock()

    def compiled_for(shape: Shape) -> "openvino.CompiledModel":
        with lock:
            return compiled(shape)

    def open_queue() -> InferQueue:
        requests = kept_per_shape(lambda shape: _Requests(compiled_for(shape)))
        return InferQueue(submit=lambda image: requests(image.shape).submit(image), depth=MAX_BEGUN)

    return open_queue


class _Requests:
    """``MAX_BEGUN`` requests used in turn: the oldest is finished before it is used again."""

    def __init__(self, compiled: "openvino.CompiledModel") -> None:
        self._requests = [compiled.create_infer_request() for _ in range(MAX_BEGUN)]
        self._next = 0

    def submit(self, image: Float[np.ndarray, "b 3 H W"]) -> Finish:
        request = self._requests[self._next]
        self._next = (self._next + 1) % len(self._requests)
        request.start_async([image], share_inputs=True)

        def finish() -> Float[np.ndarray, "b c h w"]:
            request.wait()
            return request.get_output_tensor(0).data.copy()

        return finish
