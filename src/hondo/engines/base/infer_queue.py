"""Many images through one network: the next is prepared and the last finished while the engine works."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.predictor_protocol import InferQueue

# Waits for the maps of inputs that were submitted. Inputs may be submitted while earlier ones run.
Finish = Callable[[], Float[np.ndarray, "b 1 h w"]]


def one_by_one(run: Callable[..., Float[np.ndarray, "b 1 h w"]]) -> InferQueue:
    """The queue of an engine that has none: one thread runs the network, while the caller prepares and finishes."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-network")
    return InferQueue(
        submit=lambda image: thread.submit(run, image).result,
        depth=2,
        close=lambda: thread.shutdown(wait=True, cancel_futures=True),
    )


def in_order(items: Iterable[Any], *, begin: Callable[[Any], Callable[[], Any]], depth: int) -> Iterator[Any]:
    """What ``begin(item)()`` gives for each item, in order, with up to ``depth`` begun ahead of the one given."""
    begun: deque[Callable[[], Any]] = deque()
    for item in items:
        begun.append(begin(item))
        if len(begun) >= depth:
            yield begun.popleft()()
    while begun:
        yield begun.popleft()()
