"""A model as an OpenVINO graph: converted once, and reshaped for other input sizes."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from hondo.core.errors import HondoError, reason_of
from hondo.core.memory_errors import is_out_of_memory
from hondo.engines.base.compiled import Shape
from hondo.engines.openvino.forms import ALL_REPLACED, Kinds
from hondo.engines.openvino.graph_cache import cached_graph
from hondo.engines.openvino.runtime import compile_graph, runner
from hondo.engines.tracing.export_graph import quiet, trace
from hondo.engines.tracing.fingerprint import fingerprint
from hondo.engines.tracing.graph_inputs import alone, shapes_of
from hondo.models.base.depth_model import DepthModel

if TYPE_CHECKING:
    import openvino

MAX_DIFFERENCE = 1e-3  # between a reshaped graph and torch, as a share of the largest value

_one_conversion = threading.Lock()

GraphFor = Callable[[Shape], "openvino.Model"]
ChooseForm = Callable[[Callable[[Kinds], "openvino.Model"], Shape], Kinds]


def convert(program: torch.export.ExportedProgram, *, shape: Shape, num_previous: int) -> "openvino.Model":
    """The graph of a traced model, whose image has this shape; -1: any."""
    import openvino as ov

    try:
        with quiet(), _root_logger_kept(), _no_telemetry():
            graph = ov.convert_model(program)
    except Exception as error:  # OpenVINO's classes of errors share no other base
        if is_out_of_memory(error):
            raise
        reason = reason_of(error)[-200:]
        raise HondoError(f"OpenVINO cannot convert the network (... {reason}); use another engine") from error
    graph.inputs[0].get_tensor().set_names({"image"})
    graph.outputs[0].get_tensor().set_names({"depth"})
    _reshape(graph, shape, num_previous=num_previous)
    return graph


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """OpenVINO's ``convert_model`` sets the root logger to errors only, for all threads, and restores it by copies:
    not after an exception, wrongly after two conversions at once, and without handlers that were added meanwhile."""
    root = logging.getLogger()
    with _one_conversion:
        level, filters, handlers = root.level, root.filters[:], root.handlers  # the list that addHandler appends to
        try:
            yield
        finally:
            handlers[:] = [each for each in handlers if "openvino" not in type(each.formatter).__module__]
            root.handlers, root.filters = handlers, filters
            root.setLevel(level)


@contextmanager
def _no_telemetry() -> Iterator[None]:
    """Without this, ``convert_model`` sends what it converts to a web service; it sends nothing where CI is "true".
    Within ``_one_conversion``: the environment belongs to all threads."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["CI"]
        else:
            os.environ["CI"] = before


def convert_model(model: DepthModel, shape: Shape, kinds_left: Kinds = ALL_REPLACED) -> "openvino.Model":
    """The graph of a model for one input shape. ``kinds_left``: kinds of modules that are not replaced, see forms."""
    program = trace(model, size_hw=shape[2:], batch=shape[0], not_fused=kinds_left)
    return convert(program, shape=shape, num_previous=model.num_previous)


def graphs_of_file(graph: "openvino.Model", *, num_previous: int) -> GraphFor:
    """The graph of a file, for each input shape."""
    return lambda shape: _reshaped(graph, shape, num_previous=num_previous)


def graphs_of_model(
    model: DepthModel, *, change: Callable | None = None, choose: ChooseForm = lambda of_form, shape: ALL_REPLACED
) -> GraphFor:
    """The graph of a model for each input shape, with the weights of this moment. ``change``: applied to each graph.
    ``choose``: the kinds of modules that are not replaced, given the graphs of the candidates.

    The model is converted at its own size, and the graph is reshaped for other sizes. A reshaped graph is used only
    where it agrees with torch; a model that holds its size inside is converted again. Graphs are kept for the next
    start, under the model's fingerprint.
    """
    model = deepcopy(model).cpu().float().eval()
    own_shape, identity = (1, 3, *model.input_spec.size_hw), fingerprint(model)

    @lru_cache(maxsize=1)
    def converted_at_own_size(kinds_left: Kinds) -> "openvino.Model":
        return convert_model(model, own_shape, kinds_left)

    def converted(shape: Shape, kinds_left: Kinds) -> "openvino.Model":
        if shape == own_shape:
            return converted_at_own_size(kinds_left)
        try:
            reshaped = _reshaped(converted_at_own_size(kinds_left), shape, num_previous=model.num_previous)
            if _agrees(reshaped, model, shape):
                return reshaped
        except RuntimeError:  # OpenVINO's one class of error: the sizes inside do not fit
            pass
        return convert_model(model, shape, kinds_left)

    def graph_of_form(shape: Shape, kinds_left: Kinds) -> "openvino.Model":
        parts = ["x".join(map(str, shape)), *(f"no{kind.__name__}" for kind in kinds_left)]
        key = None if identity is None else "-".join([identity, *parts])
        return cached_graph(key, lambda: converted(shape, kinds_left))

    def graph_for(shape: Shape) -> "openvino.Model":
        graph = graph_of_form(shape, choose(lambda kinds_left: graph_of_form(shape, kinds_left), shape))
        return graph if change is None else change(graph)

    return graph_for


def _reshaped(graph: "openvino.Model", shape: Shape, *, num_previous: int) -> "openvino.Model":
    copied = graph.clone()
    _reshape(copied, shape, num_previous=num_previous)
    return copied


def _reshape(graph: "openvino.Model", shape: Shape, *, num_previous: int) -> None:
    shapes = shapes_of(shape, num_previous=num_previous)
    graph.reshape({port: list(shapes[port.any_name]) for port in graph.inputs})


def _agrees(graph: "openvino.Model", model: DepthModel, shape: Shape) -> bool:
    """Whether graph and model give the same map of noise, in float32."""
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    run = runner(compile_graph(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}))
    with torch.inference_mode():
        expected = model(torch.from_numpy(image))[0].numpy()
    given = run(*alone(image, num_previous=model.num_previous))
    return given.shape == expected.shape and bool(
        np.abs(given - expected).max() <= MAX_DIFFERENCE * np.abs(expected).max()
    )
