"""How much is being answered at once: places for requests and streams, and the pixels held in memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from hondo.web.refusal import Refusal


class Places:
    """So many at once, so many of them for one client; who finds none is refused with 429."""

    def __init__(self, what: str, *, total: int, per_client: int) -> None:
        self._what, self._total, self._per_client = what, total, per_client
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._taken.total()

    @contextmanager
    def one(self, client: str) -> Iterator[None]:
        """Holds a place while the block runs."""
        if len(self) >= self._total or self._taken[client] >= self._per_client:
            raise Refusal(429, f"too many {self._what} at once; come again in a second", retry_after_s=1)
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]


class PixelBudget:
    """Pictures are decoded only while they fit into memory together; one alone always may."""

    def __init__(self, pixels: float) -> None:
        self._budget, self._held = pixels, 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def held(self, pixels: int) -> AsyncIterator[None]:
        """Waits until there is room, and holds it while the block runs."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._held or self._held + pixels <= self._budget)
            self._held += pixels
        try:
            yield
        finally:
            async with self._changed:
                self._held -= pixels
                self._changed.notify_all()
