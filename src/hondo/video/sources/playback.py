"""The position in a recording that is played: it can be sought, also at the end."""

import threading

from hondo.core.errors import HondoError

_POLL_S = 0.05


class Playback:
    """The position in a recording, which other threads may move. A camera has no duration."""

    def __init__(self) -> None:
        self.duration_s: float | None = None
        self.position_s = 0.0
        self.is_at_end = False  # it waits there
        self._wanted_s: float | None = None
        self._lock = threading.Lock()

    def seek(self, time_s: float) -> None:
        """Goes on from this time, in seconds from the start; HondoError for a camera."""
        if self.duration_s is None:
            raise HondoError("a camera cannot be sought, only a recording")
        if not 0 <= time_s <= self.duration_s:
            raise HondoError(f"the time must be 0 to {self.duration_s:.2f} s, got {time_s:g}", field="time_s")
        with self._lock:
            self._wanted_s = time_s

    @property
    def is_sought(self) -> bool:
        """Whether ``take`` has a time."""
        return self._wanted_s is not None

    def take(self) -> float | None:
        """The time that is wanted, once; None if the recording goes on as it is."""
        with self._lock:
            wanted_s, self._wanted_s = self._wanted_s, None
        return wanted_s

    def wait_at_end(self, stopped: threading.Event) -> float | None:
        """Waits until a time is wanted; None once ``stopped`` is set."""
        self.is_at_end = True
        while not self.is_sought and not stopped.wait(_POLL_S):
            pass
        self.is_at_end = False
        return self.take()
