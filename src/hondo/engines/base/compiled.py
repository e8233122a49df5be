"""Engines that compile a network for one shape at a time: compiled when a shape first comes, the last few kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, reason_of
from hondo.core.memory_errors import is_out_of_memory
from hondo.core.predictor_protocol import InferQueue
from hondo.core.types import nearest_sizes
from hondo.engines.base.infer_queue import Finish
from hondo.engines.base.layer_times import LayerTime
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.tracing.graph_inputs import alone
from hondo.models.base.depth_model import DepthModel

T = TypeVar("T")
Shape = tuple[int, int, int, int]
Call = Callable[..., np.ndarray]  # a graph: an image in, and what else it takes; a map out
KEPT = 16  # shapes; a folder of photos of all aspects needs about ten


def kept_per_shape(make: Callable[[Shape], T], *, kept: int = KEPT) -> Callable[[Shape], T]:
    """Calls ``make`` once for each shape, when it first comes, and keeps the last ``kept`` results.

    Thread-safe: while one thread makes a shape, the others use those that exist.
    """
    made: OrderedDict[Shape, T] = OrderedDict()
    making, touching = threading.Lock(), threading.Lock()

    def find(shape: Shape) -> T | None:
        with touching:
            if shape in made:
                made.move_to_end(shape)
            return made.get(shape)

    def of(shape: Shape) -> T:
        found = find(shape)
        if found is not None:
            return found
        with making:
            found = find(shape)  # another thread may have made it meanwhile
            new = make(shape) if found is None else found
            with touching:
                made[shape] = new
                while len(made) > kept:
                    made.popitem(last=False)
        return new

    return of


def compiled_per_shape(compile_for: Callable[[Shape], Call], *, kept: int = KEPT) -> Call:
    """A call that compiles for each new input shape, and keeps the last ``kept``."""
    compiled = kept_per_shape(compile_for, kept=kept)

    def run(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        return compiled(image.shape)(image, *views)

    return run


def fixed_shape(run: Call, *, shape: Shape, name: str) -> Call:
    """A call that takes one shape: a smaller batch is filled up, anything else refused."""

    def checked(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        check_shape(image.shape, shape=shape, name=name)
        missing = shape[0] - len(image)
        return run(*(filled_up(each, missing) for each in (image, *views)))[: len(image)]

    return checked


def check_shape(given: Sequence[int], *, shape: Shape, name: str) -> None:
    """Refuses another size than that of a file, and a larger batch."""
    if tuple(given[1:]) != shape[1:]:
        found, wanted = ("x".join(map(str, sizes)) for sizes in (given, shape))
        raise HondoError(
            f"{name} was exported for input {wanted}, not {found}; export it at that size, or with dynamic=True",
            field="size_hw",
        )
    if not 1 <= given[0] <= shape[0]:
        raise HondoError(
            f"{name} was exported for a batch of {shape[0]}, not {given[0]}; export it with batch={given[0]}, or with "
            "dynamic=True",
            field="batch",
        )


def filled_up(values: Float[np.ndarray, "b ..."], missing: int) -> Float[np.ndarray, "n ..."]:
    """A batch with its last entry repeated ``missing`` times."""
    return values if not missing else np.concatenate([values, values[-1:].repeat(missing, axis=0)])


def fixed_queue(open_queue: Callable[[], InferQueue], *, shape: Shape, name: str) -> Callable[[], InferQueue]:
    """The same for a queue."""

    def opened() -> InferQueue:
        queue = open_queue()

        def submit(image: Float[np.ndarray, "b 3 H W"]) -> Finish:
            check_shape(image.shape, shape=shape, name=name)
            wait = queue.submit(filled_up(image, shape[0] - len(image)))
            return lambda: wait()[: len(image)]

        return replace(queue, submit=submit)

    return opened


def any_size(run: Call, *, multiple_of: int, name: str) -> Call:
    """A call that refuses sizes that are no multiple, which a graph fails on somewhere inside, and says if it fails."""

    def checked(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        height, width = image.shape[2:]
        if height % multiple_of or width % multiple_of:
            raise HondoError(
                f"{name} takes heights and widths that are multiples of {multiple_of}, not {height}x{width}: "
                f"{nearest_sizes((height, width), multiple_of)}",
                field="size_hw",
            )
        try:
            return run(image, *views)
        except Exception as error:  # each engine raises its own
            if isinstance(error, HondoError) or is_out_of_memory(error):
                raise
            raise HondoError(
                f"{name} does not run at {height}x{width} ({reason_of(error)[:200]}); give a larger size_hw",
                field="size_hw",
            ) from error

    return checked


def predictor_of(
    call: Call,
    header: ExportHeader,
    *,
    source: DepthModel | Path,
    engine: str,
    device: str,
    open_queue: Callable[[], InferQueue] | None = None,
    layer_times: Callable[..., tuple[LayerTime, ...]] | None = None,
) -> NetworkPredictor:
    """The predictor of a compiled graph, which ``call`` runs. A file of one size refuses any other."""
    file, spec = source if isinstance(source, Path) else None, header.input_spec
    if file is not None and spec.fixed:
        shape: Shape = (header.batch, 3, *spec.size_hw)
        call = fixed_shape(call, shape=shape, name=str(file))
        open_queue = open_queue and fixed_queue(open_queue, shape=shape, name=str(file))
    elif file is not None:
        call = any_size(call, multiple_of=spec.multiple_of, name=str(file))
    return NetworkPredictor(
        name=header.name, kind=header.kind, input_spec=spec, engine=engine, precision=header.precision, device=device,
        int8=header.int8, cost=header.cost, weights_file=file,
        num_previous=header.num_previous, batch=header.batch, metres=header.metres,
        has_confidence=header.has_confidence,
        network=_with_blank_frames(call, num_previous=header.num_previous) if header.num_previous else call,
        open_queue=None if header.num_previous else open_queue,
        layer_times=layer_times,
    )  # fmt: skip


def _with_blank_frames(call: Call, *, num_previous: int) -> Call:
    """A multi-frame graph that also takes an image alone."""
    return lambda image, *views: call(image, *views) if views else call(*alone(image, num_previous=num_previous))
