"""Engines that compile a network for one shape at a time: compiled when a shape first comes, the last few kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from jaxtyping import Float

T = TypeVar("T")
Shape = tuple[int, int, int, int]
Call = Callable[..., np.ndarray]  # a graph: a picture in, and what else it takes; a map out
KEPT = 16  # shapes; a folder of photos of all aspects needs about ten


def kept_per_shape(make: Callable[[Shape], T], *, kept: int = KEPT) -> Callable[[Shape], T]:
    """What ``make`` gives for a shape, made when it first comes, once; the last ``kept`` are held.

    Safe from several threads: while one makes a shape, others go on with those that are there.
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

    def run(image: Float[np.ndarray, "b 3 H W"], *views: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        return compiled(image.shape)(image, *views)

    return run


def fixed_shape(run: Call, *, shape: Shape, name: str) -> Call:
    """A call that refuses any other shape with a message for users."""
    from hondo.core.errors import HondoError

    def checked(image: Float[np.ndarray, "b 3 H W"], *views: np.ndarray) -> Float[np.ndarray, "b 1 h w"]:
        if image.shape != shape:
            given, wanted = ("x".join(map(str, sizes)) for sizes in (image.shape, shape))
            raise HondoError(
                f"{name} was exported for input {wanted}, not {given}; export it at that size, or with --dynamic"
            )
        return run(image, *views)

    return checked
