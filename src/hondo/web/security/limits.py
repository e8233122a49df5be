"""What one client, and all of them together, may ask of the service."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from hondo.core.errors import HondoError
from hondo.web.http.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on size, time and number; beyond them a request is refused with a status and a reason."""

    body_bytes: int = 20_000_000  # of one request or one WebSocket message
    body_seconds: float = 15.0  # in which a whole body must have come
    head_seconds: float = 10.0  # in which the head of a request must have come
    send_seconds: float = 10.0  # in which a stream's client must take a frame
    megapixels: float = 100.0  # of one image, told by its header before it is decoded
    megapixels_at_once: float = 200.0  # of all images that are decoded and not yet answered
    waiting: int = 64  # images that wait for the engine
    requests: int = 256  # requests with an image that are being answered
    streams: int = 64  # open WebSockets
    rate_per_s: float = 200.0  # requests of one client, in the long run
    burst: int = 400  # requests of one client at once
    batch_ms: float = 50.0  # a batch is no larger than what the engine does in this time

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise HondoError(f"the limit {name} must be positive, got {value:g}")

    @property
    def requests_per_client(self) -> int:
        """Half of all: one client cannot keep the others out."""
        return max(1, self.requests // 2)

    @property
    def streams_per_client(self) -> int:
        return max(1, self.streams // 2)


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
    """Images are decoded only while they fit into memory together; one alone always may."""

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


_KEPT = 10_000  # clients remembered; who asked longest ago is forgotten first


def client_name(host: str) -> str:
    """The address of a client; of IPv6 its network of 64 bits, since one client may use any address of that."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def is_near(name: str) -> bool:
    """Whether a client of this name is on this machine."""
    return name.startswith("127.") or name == "::/64"


class Rate:
    """Token buckets: ``burst`` requests at once, ``per_s`` a second in the long run."""

    def __init__(self, *, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> tokens, when

    def wait_s(self, client: str) -> float:
        """0 where the client may go on (which is counted), else the seconds until it may."""
        now = self._clock()
        tokens, then = self._buckets.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_s)
        may = tokens >= 1
        self._buckets[client] = (tokens - 1 if may else tokens, now)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return 0.0 if may else (1 - tokens) / self._per_s
