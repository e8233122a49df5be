"""What one client, and all of them together, may ask of the service."""

from dataclasses import dataclass

from hondo.core.errors import HondoError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on size, time and number; beyond them a request is refused with a status and a reason."""

    body_bytes: int = 20_000_000  # of one request or one WebSocket message
    body_seconds: float = 15.0  # in which a whole body must have come
    head_seconds: float = 10.0  # in which the head of a request must have come
    send_seconds: float = 10.0  # in which a stream's client must take a frame
    megapixels: float = 100.0  # of one picture, told by its header before it is decoded
    megapixels_at_once: float = 200.0  # of all pictures that are decoded and not yet answered
    waiting: int = 64  # pictures that wait for the engine
    requests: int = 256  # requests with a picture that are being answered
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
