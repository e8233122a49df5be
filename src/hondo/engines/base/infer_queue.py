"""Many images through one network: the next is prepared and the last finished while the engine works."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

# Begins the network on an input; what it gives waits for the map. Inputs may be begun while earlier ones run.
Finish = Callable[[], Float[np.ndarray, "b 1 h w"]]
Submit = Callable[[Float[np.ndarray, "b 3 H W"]], Finish]


@dataclass(frozen=True, kw_only=True)
class InferQueue:
    """An engine's way to work on several inputs: at most ``depth`` of them begun and not yet finished."""

    submit: Submit
    depth: int
    close: Callable[[], None] = field(default=lambda: None)


def one_by_one(run: Callable, *, lock: threading.Lock) -> InferQueue:
    """The queue of an engine that has none: one thread runs the network, so that it overlaps the work around it."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-network")

    def locked(image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b 1 h w"]:
        with lock:
            return run(image)

    return InferQueue(
        submit=lambda image: thread.submit(locked, image).result,
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
