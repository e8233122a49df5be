"""How often a client may ask: a token bucket each, and the name by which a client is known."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

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
