"""What the service counts, and its text for Prometheus (text exposition format 0.0.4)."""

import bisect
import os
import resource
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that only grows, for each set of labels; safe to use from any thread."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1.0, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0.0) + amount

    def value(self, **labels: str) -> float:
        return self._values.get(tuple(sorted(labels.items())), 0.0)

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self.text, "counter")
        for labels, value in sorted((self._values or {(): 0.0}).items()):
            yield f"{self.name}{_labels(labels)} {value:g}"


class Histogram:
    """How long something took, in buckets."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, seconds: float, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(_BOUNDS_S) + 1))
            counts[bisect.bisect_left(_BOUNDS_S, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        yield from _head(self.name, self.text, "histogram")
        for labels, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*map(str, _BOUNDS_S), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_labels((*labels, ('le', bound)))} {total}"
            yield f"{self.name}_sum{_labels(labels)} {self._sums[labels]:g}"
            yield f"{self.name}_count{_labels(labels)} {total}"


class Metrics:
    """Everything counted; gauges are read when they are asked for."""

    def __init__(self) -> None:
        self.requests = Counter("hondo_requests_total", "Requests answered, by route and status.")
        self.seconds = Histogram("hondo_request_seconds", "Time from a request's head to its answer's end, by route.")
        self.images = Counter("hondo_pictures_total", "Images that the engine has predicted.")
        self.batches = Counter("hondo_batches_total", "Runs of the engine.")
        self.engine_s = Counter("hondo_engine_seconds_total", "Time the engine was busy.")
        self.refused = Counter("hondo_queue_refused_total", "Images refused since too many were waiting.")
        self.frames = Counter("hondo_stream_frames_total", "Frames of streams, by what became of them.")
        self._gauges: list[tuple[str, str, Callable[[], float]]] = [
            ("process_resident_memory_bytes", "Memory in use.", resident_bytes),
            ("process_open_fds", "Open file descriptors.", open_files),
        ]

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        self._gauges.append((name, text, read))

    def text(self) -> str:
        counted = (value for value in vars(self).values() if isinstance(value, Counter | Histogram))
        lines = [line for metric in counted for line in metric.lines()]
        for name, text, read in self._gauges:
            lines += [*_head(name, text, "gauge"), f"{name} {read():.17g}"]
        return "\n".join(lines) + "\n"


def resident_bytes() -> float:
    """The process's memory now (Linux), or its peak where that is all the system tells."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return float(int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def open_files() -> float:
    folder = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    return float(len(os.listdir(folder)))


def _head(name: str, text: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    parts = (f'{name}="{_escaped(value)}"' for name, value in labels)
    return "{" + ",".join(parts) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
