"""Engines that compile a network for one shape at a time: compiled when a shape first comes, the last few kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import InferQueue
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

    def run(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b 1 h w"]:
        return compiled(image.shape)(image, *views)

    return run


def fixed_shape(run: Call, *, shape: Shape, name: str) -> Call:
    """A call that refuses any other shape."""

    def checked(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b 1 h w"]:
        if image.shape != shape:
            given, wanted = ("x".join(map(str, sizes)) for sizes in (image.shape, shape))
            raise HondoError(
                f"{name} was exported for input {wanted}, not {given}; export it at that size, or with dynamic=True",
                field="size_hw",
            )
        return run(image, *views)

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
        call = fixed_shape(call, shape=(1, 3, *spec.size_hw), name=str(file))
    return NetworkPredictor(
        name=header.name, kind=header.kind, input_spec=spec, engine=engine, precision=header.precision, device=device,
        int8=header.int8, cost=header.cost, weights_file=file,
        num_previous=header.num_previous,
        network=_with_blank_frames(call, num_previous=header.num_previous) if header.num_previous else call,
        open_queue=None if header.num_previous else open_queue,
        layer_times=layer_times,
    )  # fmt: skip


def _with_blank_frames(call: Call, *, num_previous: int) -> Call:
    """A multi-frame graph that also takes an image alone."""
    return lambda image, *views: call(image, *views) if views else call(*alone(image, num_previous=num_previous))
