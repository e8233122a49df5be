"""Measures single layers and whole models on an engine: what NetAdapt's table is filled by."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn

from hondo.compress.compressor import Tools
from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.processor import hardware
from hondo.engines.load import load
from hondo.evaluate.speed.latency import network_call
from hondo.models.base.depth_model import DepthModel

WARMUP, RUNS = 3, 15
ENGINES_OF_LAYERS = ("openvino", "torch")


def with_measures(tools: Tools, *, engine: str) -> Tools:
    """The tools with measurements on ``engine``, in float32 on this machine."""
    device = f"{hardware()}, {engine}, {torch.get_num_threads()} threads"
    measure, measure_layer = partial(model_ms, engine=engine), partial(layer_ms, engine=engine)
    return replace(tools, measure=measure, measure_layer=measure_layer, device=device)


def model_ms(model: DepthModel, *, engine: str) -> float:
    """Milliseconds of one image at the model's size, the median of some."""
    call = network_call(load(model, engine=engine, precision="fp32"), size_hw=model.input_spec.size_hw)
    return timed(call)


def layer_ms(layer: nn.Module, shape: tuple[int, ...], *, engine: str) -> float:
    """Milliseconds of a layer on random input of ``shape``, the median of some."""
    layer, x = layer.eval().requires_grad_(False), torch.rand(shape)
    if engine == "torch":
        x = x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
        with torch.inference_mode():
            return timed(lambda: layer(x))
    if engine != "openvino":
        raise HondoError(f"layers are measured on {' or '.join(ENGINES_OF_LAYERS)}, got '{engine}'", field="bench")
    try:
        import openvino as ov
    except ImportError as error:
        raise MissingExtraError("openvino", extra="openvino") from error
    with warnings.catch_warnings():  # OpenVINO traces by means that torch is about to retire
        warnings.simplefilter("ignore")
        graph: Any = ov.convert_model(layer, example_input=x, input=list(shape))
    compiled = ov.Core().compile_model(graph, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
    request, tensor = compiled.create_infer_request(), ov.Tensor(np.ascontiguousarray(x.numpy()), shared_memory=True)
    request.set_input_tensor(tensor)
    return timed(request.infer)


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of a call, the median of RUNS."""
    for _ in range(WARMUP):
        call()
    times = []
    for _ in range(RUNS):
        begun = perf_counter()
        call()
        times.append(1000 * (perf_counter() - begun))
    return median(times)
