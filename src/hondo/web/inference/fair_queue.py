"""A queue that many clients share: bounded as a whole, served round robin, taken in batches of what goes together."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """Nothing more may wait."""


class QueueClosed(Exception):
    """Nothing comes any more."""


class FairQueue(Generic[T]):
    """Items by client. Each take begins with the client that has waited longest for its turn."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()  # in the order of turns; no deque is empty
        self._count = 0
        self._is_closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return self._count

    def put(self, item: T, *, client: str) -> None:
        with self._changed:
            if self._is_closed:
                raise QueueClosed
            if self._count >= self._limit:
                raise QueueFull
            self._waiting.setdefault(client, deque()).append(item)
            self._count += 1
            self._changed.notify()

    def take(self, *, most: Callable[[T], int], alike: Callable[[T], Hashable], wait: bool = True) -> list[T]:
        """Waits for an item; returns it with others of the same kind that wait already, ``most(item)`` in all.

        Nobody waits for company: a batch forms of what came while the engine was busy. Without ``wait`` the list is
        empty where nothing is there.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._count or self._is_closed)
            if not self._count:
                if self._is_closed:
                    raise QueueClosed
                return []
            batch = [self._pop(next(iter(self._waiting)))]
            kind, size = alike(batch[0]), most(batch[0])
            while len(batch) < size:
                client = next((name for name, items in self._waiting.items() if alike(items[0]) == kind), None)
                if client is None:
                    break
                batch.append(self._pop(client))
            return batch

    def close(self) -> list[T]:
        """Lets nothing more in; returns what was still waiting."""
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
            self._waiting[client] = items  # behind all others
        self._count -= 1
        return item
