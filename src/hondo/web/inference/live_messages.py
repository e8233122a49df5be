"""The newest encoded frame of the server camera, passed from its encoder thread to any number of viewers."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class LiveMessages:
    """A slot for the newest frame, encoded once per encoding that viewers want: raw or deflate.

    A viewer that is slower than the camera misses frames. ``publish`` and ``wanted`` are for the encoder thread, the
    other methods for the event loop.
    """

    def __init__(self) -> None:
        self._viewers = {False: 0, True: 0}  # by deflate
        self._has_viewers = threading.Event()
        self._newest: Mapping[bool, bytes] = {}  # by deflate
        self.count = 0  # of published frames

    def begin(self) -> None:
        """Must be called on the event loop before anything else."""
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    @contextmanager
    def subscribed(self, *, deflate: bool) -> Iterator[None]:
        """Frames are encoded for this viewer while the block runs."""
        self._viewers[deflate] += 1
        self._has_viewers.set()
        try:
            yield
        finally:
            self._viewers[deflate] -= 1

    async def next(self, *, after: int, deflate: bool, timeout_s: float) -> tuple[int, bytes] | None:
        """The number and message of the newest frame, once its number exceeds ``after``; None after the timeout."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.count <= after or deflate not in self._newest:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self.count, self._newest[deflate]

    def wanted(self, *, timeout_s: float) -> list[bool]:
        """The encodings that viewers want (as values of deflate); waits for a viewer if there is none."""
        wanted = [deflate for deflate, count in self._viewers.items() if count]
        if not wanted:
            self._has_viewers.clear()
            self._has_viewers.wait(timeout=timeout_s)
        return wanted

    def publish(self, messages: Mapping[bool, bytes]) -> None:
        """Replaces the newest frame and wakes the viewers."""
        self._loop.call_soon_threadsafe(self._replace, messages)

    def _replace(self, messages: Mapping[bool, bytes]) -> None:
        self._newest, self.count = messages, self.count + 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
