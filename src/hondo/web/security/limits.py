"""Limits on the size, time and number of requests, for one client and for all of them together."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal

_REMEMBERED_CLIENTS = 10_000  # the one with the oldest request is forgotten first


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Requests beyond these limits are refused with a status and a reason."""

    body_bytes: int = 20_000_000  # of one request or one WebSocket message
    body_seconds: float = 15.0  # for a complete request body to arrive
    head_seconds: float = 10.0  # for a request head to arrive
    send_seconds: float = 10.0  # for the client of a stream to receive one message, and of others to take anything
    answer_bytes: int = 256_000_000  # of all answers that their clients have not taken yet
    megapixels: float = 100.0  # of one image; read from its header before it is decoded
    megapixels_at_once: float = 200.0  # of all images between decoding and response
    waiting: int = 64  # images that wait for the engine
    requests: int = 256  # concurrent requests with an image
    streams: int = 64  # open WebSockets
    rate_per_s: float = 200.0  # requests per second of one client, on average
    burst: int = 400  # requests of one client at once
    batch_ms: float = 50.0  # a batch is not larger than what the engine runs in this time

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise HondoError(f"the limit {name} must be positive, got {value:g}")

    @property
    def requests_per_client(self) -> int:
        """Half of all, so that one client cannot lock out the others."""
        return max(1, self.requests // 2)

    @property
    def streams_per_client(self) -> int:
        """Half of all, as for requests."""
        return max(1, self.streams // 2)


class ConcurrencyLimit:
    """At most ``total`` requests (or streams) at a time, ``per_client`` of one client; others are refused with 429."""

    def __init__(self, what: str, *, total: int, per_client: int) -> None:
        self._what, self._total, self._per_client = what, total, per_client
        self._running: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._running.total()

    @contextmanager
    def hold(self, client: str) -> Iterator[None]:
        """Counts one for the client while the block runs."""
        if len(self) >= self._total or self._running[client] >= self._per_client:
            raise Refusal(429, f"too many {self._what} at once; retry in a second", retry_after_s=1)
        self._running[client] += 1
        try:
            yield
        finally:
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]


class PixelBudget:
    """Bounds the memory of decoded images: others wait. An image larger than the budget runs alone."""

    def __init__(self, pixels: float) -> None:
        self._budget, self._held = pixels, 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, pixels: int) -> AsyncIterator[None]:
        """Waits until the pixels fit, and counts them while the block runs."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._held or self._held + pixels <= self._budget)
            self._held += pixels
        try:
            yield
        finally:
            async with self._changed:
                self._held -= pixels
                self._changed.notify_all()


class AnswerBudget:
    """Bounds the memory of answers that wait for their clients. An answer larger than the budget waits alone."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.held = 0

    def take(self, count: int) -> None:
        """Counts the bytes of an answer; refused with 429 where others fill the budget."""
        if self.held and self.held + count > self._total:
            raise Refusal(429, "too many answers wait for clients to take them; retry in a second", retry_after_s=1)
        self.held += count

    def give_back(self, count: int) -> None:
        """The answer has left, or its client has gone."""
        self.held -= count


class RateLimit:
    """Token buckets: ``burst`` requests at once, ``per_s`` requests per second on average, for each client."""

    def __init__(self, *, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> tokens, time of update

    def wait_s(self, client: str) -> float:
        """0 if the client may send a request now (which is counted), else the seconds until it may."""
        now = self._clock()
        tokens, updated = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - updated) * self._per_s)
        is_allowed = tokens >= 1
        self._buckets[client] = (tokens - 1 if is_allowed else tokens, now)
        while len(self._buckets) > _REMEMBERED_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if is_allowed else (1 - tokens) / self._per_s


def client_name(host: str) -> str:
    """The address of a client; for IPv6 its /64 network, since one client may use any address in it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def is_local(client: str) -> bool:
    """Whether the client of this name runs on this machine."""
    return client.startswith("127.") or client == "::/64"
