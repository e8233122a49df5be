"""Images a second of a network with several requests begun at once, as a server runs it."""

import time
from collections.abc import Iterator
from itertools import cycle

import numpy as np
from jaxtyping import Float

from hondo.core.types import Size
from hondo.engines.base.infer_queue import in_order
from hondo.engines.base.predictor import NetworkPredictor
from hondo.evaluate.speed.timing import FEWEST


def images_a_second(
    predictor: NetworkPredictor, *, size_hw: Size, requests: int, batch: int = 1, runs: int = 100, seconds: float = 20.0
) -> float:
    """The network alone, while ``requests`` batches are begun at any time; after ``seconds`` at least FEWEST runs."""
    collects = predictor.batch > 1  # its queue makes batches of single images
    shape = (1 if collects else batch, 3, *size_hw)
    random = np.random.default_rng(0)
    images = [random.random(shape, dtype=np.float32) for _ in range(requests + 1)]
    runs, begun = (runs * batch, requests * batch) if collects else (runs, requests)
    queue = predictor.queue()
    try:
        for wait in [queue.submit(image) for image in images[: min(begun, queue.depth)]]:  # compiles
            wait()
        start = time.perf_counter()
        inputs = _until(images, runs=runs, end=start + seconds)
        done = sum(len(maps) for maps in in_order(inputs, begin=queue.submit, depth=min(begun, queue.depth)))
        return done / (time.perf_counter() - start)
    finally:
        queue.close()


def _until(
    images: list[Float[np.ndarray, "b 3 H W"]], *, runs: int, end: float
) -> Iterator[Float[np.ndarray, "b 3 H W"]]:
    for run, image in enumerate(cycle(images)):
        if run >= runs or (run >= FEWEST and time.perf_counter() > end):
            return
        yield image
