"""Makes the next items in threads while the present one is used (decoding and resizing release Python's lock)."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import TypeVar

T = TypeVar("T")


def read_ahead(make: Callable[[int], T], *, start: int = 0, workers: int = 2) -> Iterator[T]:
    """make(start), make(start + 1), ... in order, without end; ``workers`` 0: each when it is asked for."""
    if workers == 0:
        yield from map(make, count(start))
    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="read-ahead")
    try:
        for number in count(start):
            waiting.append(pool.submit(make, number))
            if len(waiting) > workers:
                yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
