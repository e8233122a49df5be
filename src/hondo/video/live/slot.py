"""A place for the newest value: a writer replaces it, readers wait for one they have not seen; nothing queues."""

import threading
import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """One value and its number. Any number of readers; a slow one misses values and holds up nobody."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._number = -1
        self._taken = -1
        self._is_closed = False
        self._missed = 0

    @property
    def missed(self) -> int:
        """How many values were replaced before ``take`` saw them."""
        return self._missed

    @property
    def is_closed(self) -> bool:
        """Whether no more values will come."""
        return self._is_closed

    def put(self, value: T, *, number: int) -> None:
        """Replaces the value; ``number`` is larger than the one before."""
        with self._changed:
            self._missed += self._value is not None and self._taken < self._number
            self._value, self._number = value, number
            self._changed.notify_all()

    def take(self, timeout: float | None = None) -> T | None:
        """The newest value that nobody has taken; waits up to ``timeout`` seconds, then None. For one reader."""
        with self._changed:
            value = self._wait(self._taken, timeout)
            if value is not None:
                self._taken = self._number
            return value

    def newest(self, after: int | None = None, timeout: float | None = None) -> T | None:
        """The newest value whose number is over ``after`` (None: any); waits up to ``timeout`` seconds, then None."""
        with self._changed:
            return self._wait(-1 if after is None else after, timeout)

    def close(self) -> None:
        """Wakes everybody who waits. The last value stays readable."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _wait(self, after: int, timeout: float | None) -> T | None:
        end = None if timeout is None else time.monotonic() + timeout
        while self._number <= after and not self._is_closed:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._changed.wait(left)
        return self._value if self._number > after else None
