"""A bounded queue of many clients, served round robin in batches of compatible items."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """The queue is at its limit."""


class QueueClosed(Exception):
    """The queue was closed."""


class FairQueue(Generic[T]):
    """Items by client. Each ``take`` starts with the client whose last turn was longest ago."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._waiting: OrderedDict[str, deque[T]] = (
            OrderedDict()
        )  # clients in the order of their turns; no deque is empty
        self._count = 0
        self._is_closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return self._count

    def put(self, item: T, *, client: str) -> None:
        """Adds an item; raises QueueFull or QueueClosed."""
        with self._changed:
            if self._is_closed:
                raise QueueClosed
            if self._count >= self._limit:
                raise QueueFull
            self._waiting.setdefault(client, deque()).append(item)
            self._count += 1
            self._changed.notify()

    def take(self, *, max_size: Callable[[T], int], key: Callable[[T], Hashable], wait: bool = True) -> list[T]:
        """The next item, with waiting items of the same ``key`` up to ``max_size(item)`` in all.

        Waits for an item (without ``wait``: returns an empty list), but never for a batch to fill up: a batch holds
        what arrived while the engine was busy.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._count or self._is_closed)
            if not self._count:
                if self._is_closed:
                    raise QueueClosed
                return []
            batch = [self._pop(next(iter(self._waiting)))]
            batch_key, size = key(batch[0]), max_size(batch[0])
            while len(batch) < size:
                client = next((name for name, items in self._waiting.items() if key(items[0]) == batch_key), None)
                if client is None:
                    break
                batch.append(self._pop(client))
            return batch

    def close(self) -> list[T]:
        """Accepts no more items; returns those that were waiting."""
        with self._changed:
            self._is_closed = True
            left = [item for items in self._waiting.values() for item in items]
            self._waiting.clear()
            self._count = 0
            self._changed.notify_all()
            return left

    def _pop(self, client: str) -> T:
        items = self._waiting.pop(client)
        item = items.popleft()
        if items:
            self._waiting[client] = items  # after all others
        self._count -= 1
        return item
