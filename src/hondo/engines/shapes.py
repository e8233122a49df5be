"""Engines that compile a network for one shape at a time: compiled when a shape first comes, the last few kept."""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from hondo.engines.predictor import Run

Shape = tuple[int, int, int, int]
KEPT = 16  # shapes; a folder of photos of all aspects needs about ten


def compiled_per_shape(compile_for: Callable[[Shape], Run], *, kept: int = KEPT) -> Run:
    """A Run that compiles for each new input shape, and drops the least recently used beyond ``kept``."""
    compiled: OrderedDict[Shape, Run] = OrderedDict()

    def run(image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b 1 H W"]:
        shape = image.shape
        if shape not in compiled:
            compiled[shape] = compile_for(shape)
        compiled.move_to_end(shape)
        while len(compiled) > kept:
            compiled.popitem(last=False)
        return compiled[shape](image)

    return run


def fixed_shape(run: Run, *, shape: Shape, name: str) -> Run:
    """A Run that refuses any other shape with a message for users."""
    from hondo.core.errors import HondoError

    def checked(image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b 1 H W"]:
        if image.shape != shape:
            given, wanted = ("x".join(map(str, sizes)) for sizes in (image.shape, shape))
            raise HondoError(
                f"{name} was exported for input {wanted}, not {given}; export it at that size, or with --dynamic"
            )
        return run(image)

    return checked
