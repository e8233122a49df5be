"""Traces a DepthModel with torch.export: one image in, the finest map out."""

import logging
import operator
import threading
import warnings
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError, reason_of
from hondo.core.interrupts import deferred_interrupt
from hondo.core.memory_errors import memory_errors_explained
from hondo.core.types import Size
from hondo.engines.tracing.graph_inputs import INPUTS, driving, shapes_of
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.fuse import fuse_for_inference
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.nn.symbolic import steps_over

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}  # of weights, by precision
# What a graph for any size is traced with: a batch and sides of more than any window or kernel needs. Nothing is
# computed there; then it runs with small images, an odd number of steps of ``multiple_of`` high or wide.
EXAMPLE_BATCH, EXAMPLE_PX, SMALL_PX = 3, (544, 608), 64
_one_export = threading.Lock()  # torch.export keeps global state, so two exports at once fail
_silence, _silent_calls, _disabled_before = threading.Lock(), 0, logging.NOTSET


class ExportWrapper(nn.Module):
    """RGB 0..1 -> the finest map; computed in the type of the model's weights, float32 outside."""

    def __init__(self, model: DepthModel, *, step: int | None = None) -> None:
        super().__init__()
        self.model, self.step = model, step

    def forward(self, image: Float[Tensor, "b 3 H W"]) -> Float[Tensor, "b c h w"]:
        dtype = next(self.model.parameters()).dtype
        return self.model(in_steps(image, self.step).to(dtype))[0].float()


def in_steps(image: Float[Tensor, "*b H W"], step: int | None) -> Float[Tensor, "*b H W"]:
    """The image, its sides ``step`` times a symbol in place of symbols that ``step`` divides.

    Only then do the sizes behind strided layers simplify, and a trace for any size takes seconds in place of minutes.
    """
    if step is None:
        return image
    height, width = (side // step * step for side in image.shape[-2:])
    return image[..., :height, :width]


class MultiFrameExportWrapper(nn.Module):
    """The same for an image and the frames before it, the newest first; frames of zeros mean that there are none.

    K in pixels of ``image``.
    """

    def __init__(self, model: MultiFrameModel, *, step: int | None = None) -> None:
        super().__init__()
        self.model, self.step = model, step

    def forward(
        self, image: Float[Tensor, "b 3 H W"], previous: Float[Tensor, "b n 3 H W"], K: Float[Tensor, "b 3 3"]
    ) -> Float[Tensor, "b c h w"]:
        dtype = next(self.model.parameters()).dtype
        image, previous = (in_steps(each, self.step).to(dtype) for each in (image, previous))
        is_there = (previous.flatten(2).amax(dim=2) > 0)[..., None, None]
        T_previous_target = self.model.poses(image, previous) * is_there
        return self.model(image, previous, K, T_previous_target)[0].float()


def trace(
    model: DepthModel,
    *,
    size_hw: Size,
    batch: int = 1,
    dynamic: bool = False,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    not_fused: Collection[type] = (),
) -> torch.export.ExportedProgram:
    """The exported program of a fused copy of the model, its weights on that device in that type.

    ``dynamic``: for any batch size, and any height and width that are multiples of ``multiple_of``.
    ``not_fused``: kinds of modules that stay as they are, see ``fuse_for_inference``.
    """
    from torch._dynamo.exc import TorchDynamoException  # takes a second to import

    fused = fuse_for_inference(model, any_size=dynamic, not_fused=not_fused).to(device, dtype)
    graph = export_module(fused, step=model.input_spec.multiple_of if dynamic else None).eval()
    if dynamic:
        batch, step = EXAMPLE_BATCH, model.input_spec.multiple_of
        size_hw = steps_over(EXAMPLE_PX[0], step) * step, steps_over(EXAMPLE_PX[1], step) * step
    shapes = shapes_of((batch, 3, *size_hw), num_previous=model.num_previous)
    example = tuple(torch.zeros(shape, device=device) for shape in shapes.values())
    free = _any_size(model.input_spec.multiple_of, num_previous=model.num_previous) if dynamic else None
    try:
        with _one_export, quiet(), memory_errors_explained("give a smaller size_hw"):
            program = torch.export.export(graph, example, dynamic_shapes=free)
            if dynamic:
                squares_as_products(program)
                _check_other_sizes(program, graph, model)
            return program
    except (RuntimeError, AssertionError, TorchDynamoException) as error:
        remedy = "for any size; leave out dynamic=True" if dynamic else "by torch.export"
        raise HondoError(f"{model.name} cannot be exported {remedy} ({reason_of(error)[:200]})") from error


def squares_as_products(program: torch.export.ExportedProgram) -> None:
    """Squares of sizes as products, since OpenVINO knows no powers of integers outside tensors."""
    for node in program.graph.nodes:
        if node.target in (pow, operator.pow) and node.args[1] == 2:
            node.target, node.args = operator.mul, (node.args[0], node.args[0])


@torch.no_grad()
def _check_other_sizes(program: torch.export.ExportedProgram, graph: nn.Module, model: DepthModel) -> None:
    """Raises where a graph kept a size as a constant, or asks more of a size than ``multiple_of``.

    Not by the trace's own guards: they also name sizes that only the layout in memory depends on.
    """
    device, step = next(graph.parameters()).device, model.input_spec.multiple_of
    run, odd = program.module(check_guards=False), steps_over(SMALL_PX, step) | 1
    for batch, height, width in ((1, odd * step, (odd + 1) * step), (2, (odd + 2) * step, odd * step)):
        image = np.random.default_rng(0).random((batch, 3, height, width), dtype=np.float32)
        inputs = [torch.from_numpy(each).to(device) for each in driving(image, num_previous=model.num_previous)]
        given, wanted = run(*inputs), graph(*inputs)
        if given.shape != wanted.shape or not torch.allclose(
            given, wanted, rtol=1e-2, atol=1e-2 * float(wanted.abs().max())
        ):
            raise RuntimeError(f"a graph traced at one size gives another map at {height}x{width}")


def export_module(model: DepthModel, *, step: int | None = None) -> nn.Module:
    """The module to export: it takes ``INPUTS``, or the first of them, and gives one map. ``step``: for any size."""
    wrapper = MultiFrameExportWrapper if isinstance(model, MultiFrameModel) else ExportWrapper
    return wrapper(model, step=step)  # pyright: ignore[reportArgumentType]


@contextmanager
def quiet() -> Iterator[None]:
    """Hides the deprecation warnings that exporters of other projects raise about one another, and defers Ctrl-C,
    which they would lose or turn into an error of their own.
    """
    with deferred_interrupt(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def silent() -> Iterator[None]:
    """Also hides what they log: advice that is not meant for users of hondo."""
    global _silent_calls, _disabled_before
    with _silence:
        if not _silent_calls:
            _disabled_before = logging.root.manager.disable
            logging.disable(max(_disabled_before, logging.WARNING))
        _silent_calls += 1
    try:
        with quiet():
            yield
    finally:
        with _silence:  # the last of several threads ends the silence
            _silent_calls -= 1
            if not _silent_calls:
                logging.disable(_disabled_before)


def _any_size(multiple_of: int, *, num_previous: int) -> dict[str, dict[int, torch.export.Dim]]:
    rows, columns = (torch.export.Dim(name, min=1, max=4096 // multiple_of + 1) for name in ("rows", "columns"))
    batch, height, width = torch.export.Dim("batch", min=1, max=1024), multiple_of * rows, multiple_of * columns
    free = ({0: batch, 2: height, 3: width}, {0: batch, 3: height, 4: width}, {0: batch})
    return dict(zip(INPUTS, free[: 3 if num_previous else 1], strict=False))


# Operations that the exporters decompose: the k-th of the left becomes the k-th of the right.
DECOMPOSED = {
    "conv1d": "convolution",
    "conv2d": "convolution",
    "conv_transpose2d": "convolution",
    "batch_norm": "_native_batch_norm_legit_no_training",
    "layer_norm": "native_layer_norm",
    "group_norm": "native_group_norm",
}
OUTER = "model."  # the prefix that ExportWrapper adds


def module_paths(program: torch.export.ExportedProgram) -> dict[str, str]:
    """The dotted module of each operation, by its name in the program and in the decomposed one."""
    paths: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for node in program.graph.nodes:
        stack = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]
        if node.op != "call_function" or not stack:
            continue
        path = stack[-1].removeprefix(OUTER)
        paths[node.name] = path
        later = DECOMPOSED.get(str(node.target).split(".")[1]) if "." in str(node.target) else None
        if later is not None:
            paths[f"{later}_{counts[later]}" if counts[later] else later] = path
            counts[later] += 1
    return paths
