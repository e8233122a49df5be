"""What a stream has done so far: frames, rates, latencies, and how its source is."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Float

from hondo.core.types import Size

WINDOW_S = 3.0  # rates and latencies are those of the last seconds, this many
_MOST = 1000  # results remembered
_FEW = 30  # frames whose spacing gives the rate of the source


class StreamState(StrEnum):
    """How a stream is."""

    STARTING = "starting"  # no frame yet
    RUNNING = "running"
    PAUSED = "paused"
    RECONNECTING = "reconnecting"  # the source is missing, taken or lost; it is retried
    ENDED = "ended"  # a recording is over
    FAILED = "failed"  # it cannot go on
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class StreamStats:
    """The state of a stream. Rates and latencies are of the last three seconds; None where there are no frames.

    Latency runs from the capture of a frame to its finished depth.
    """

    state: StreamState
    reason: str  # one line: why the source is down, or what went wrong last; empty if nothing did
    model: str
    fps: float
    source_fps: float
    latency_ms: float | None  # median
    latency_p95_ms: float | None
    predict_ms: float | None  # median: network, steadiness and colour range of one frame
    frames_read: int
    frames_predicted: int
    frames_dropped: int  # replaced by a newer one before the network was free
    frames_corrupt: int  # could not be decoded, or not predicted
    reconnects: int
    image_size_hw: Size | None
    network_size_hw: Size | None
    notes: tuple[str, ...] = ()
    position_s: float | None = None  # in a recording
    duration_s: float | None = None  # of a recording


class Tally:
    """Counts what happens; written by the threads of a stream, read by anybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._caught: deque[float] = deque(maxlen=_MOST)
        self._done: deque[tuple[float, float, float]] = deque(maxlen=_MOST)  # done at, latency, work; seconds
        self.read = self.predicted = self.corrupt = self.reconnects = 0
        self.is_lost = False
        self.reason = ""

    def count_read(self, captured_at: float) -> None:
        """A frame came; a lost source is there again."""
        with self._lock:
            self.read += 1
            self._caught.append(captured_at)
            if self.is_lost:
                self.is_lost, self.reason = False, ""

    def count_done(self, *, captured_at: float, done_at: float, work_s: float) -> None:
        """A frame has its depth. ``work_s``: seconds in the predictor and the filters."""
        with self._lock:
            self.predicted += 1
            self._done.append((done_at, done_at - captured_at, work_s))

    def count_corrupt(self, reason: str = "") -> None:
        """A frame was not decoded or not predicted."""
        with self._lock:
            self.corrupt += 1
            self.reason = reason or self.reason

    def count_lost(self, reason: str) -> None:
        """The source is gone, and will be tried again."""
        with self._lock:
            self.reconnects += 1
            self.is_lost, self.reason = True, reason

    @property
    def source_fps(self) -> float:
        """Frames a second that the source gives."""
        with self._lock:
            caught = list(self._caught)[-_FEW:]
        return _rate(np.array(caught))

    def rates(self) -> dict[str, Any]:
        """The fields of StreamStats that are measured over the last seconds."""
        since = time.monotonic() - WINDOW_S
        with self._lock:
            done = np.array([each for each in self._done if each[0] > since]).reshape(-1, 3)
        latency, work = 1000 * done[:, 1], 1000 * done[:, 2]
        has = len(done) > 0
        return {
            "fps": _rate(done[:, 0]),
            "source_fps": self.source_fps,
            "latency_ms": float(np.median(latency)) if has else None,
            "latency_p95_ms": float(np.percentile(latency, 95)) if has else None,
            "predict_ms": float(np.median(work)) if has else None,
        }


def _rate(times: Float[np.ndarray, " n"]) -> float:
    """Events a second, by the spans between them."""
    return float((len(times) - 1) / max(times[-1] - times[0], 1e-6)) if len(times) > 1 else 0.0
