"""Many images through one network: the next is prepared and the last finished while the engine works."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.predictor_protocol import InferQueue

# Waits for the maps of inputs that were submitted. Inputs may be submitted while earlier ones run.
Finish = Callable[[], Float[np.ndarray, "b c h w"]]


def one_by_one(run: Callable[..., Float[np.ndarray, "b c h w"]]) -> InferQueue:
    """The queue of an engine that has none: one thread runs the network, while the caller prepares and finishes."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hondo-network")
    return InferQueue(
        submit=lambda image: thread.submit(run, image).result,
        depth=2,
        close=lambda: thread.shutdown(wait=True, cancel_futures=True),
    )


def in_batches(queue: InferQueue, *, batch: int) -> InferQueue:
    """A queue of single images in front of one of batches: a batch runs once it is full, or one of its maps is due."""
    pending = _Batch(queue.submit)

    def submit(image: Float[np.ndarray, "1 3 H W"]) -> Finish:
        nonlocal pending
        if pending.images and (pending.is_begun or pending.images[0].shape != image.shape):
            pending = _Batch(queue.submit)
        own, index = pending, len(pending.images)
        own.images.append(image)
        if len(own.images) == batch:
            own.begin()
        return lambda: own.maps()[index : index + 1]

    return replace(queue, submit=submit, depth=batch * queue.depth)


class _Batch:
    """Images of one shape that run together; an error that ends them is raised for each."""

    def __init__(self, submit: Callable[[np.ndarray], Finish]) -> None:
        self._submit = submit
        self.images: list[np.ndarray] = []
        self._result: Future[np.ndarray] = Future()
        self._wait: Finish | None = None

    @property
    def is_begun(self) -> bool:
        return self._wait is not None

    def begin(self) -> None:
        self._wait = self._submit(np.concatenate(self.images))

    def maps(self) -> Float[np.ndarray, "b c h w"]:
        if not self._result.done():
            try:
                if self._wait is None:
                    self.begin()
                assert self._wait is not None
                self._result.set_result(self._wait())
            except Exception as error:  # whatever an engine raises
                self._result.set_exception(error)
        return self._result.result()


def in_order(items: Iterable[Any], *, begin: Callable[[Any], Callable[[], Any]], depth: int) -> Iterator[Any]:
    """What ``begin(item)()`` gives for each item, in order, with up to ``depth`` begun ahead of the one given."""
    begun: deque[Callable[[], Any]] = deque()
    for item in items:
        begun.append(begin(item))
        if len(begun) >= depth:
            yield begun.popleft()()
    while begun:
        yield begun.popleft()()
