"""Metrics of the service, in the Prometheus text format by prometheus-client."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Of clients: no HTTP, refused handshakes, text that is not UTF-8, frames behind the last, answers that are not taken.
MISTAKES = ("http", "handshake", "text", "websocket", "not reading")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of generate_latest


class Metrics(Collector):
    """All metrics of one service, in a registry of their own; safe to update from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, description: str, *labels: str) -> Counter:
            return Counter(name, description, labels, registry=self.registry)

        self.requests = counter("hondo_requests_total", "Requests by route and status.", "route", "status")
        self.seconds = Histogram(
            "hondo_request_seconds", "Time from the request head to the end of the response, by route.", ["route"],
            buckets=_BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self.images = counter("hondo_pictures_total", "Images predicted.")
        self.batches = counter("hondo_batches_total", "Runs of the engine.")
        self.engine_s = counter("hondo_engine_seconds_total", "Time for which the engine was busy.")
        self.refused = counter("hondo_queue_refused_total", "Images refused because too many were waiting.")
        self.frames = counter("hondo_stream_frames_total", "Stream frames: answered, dropped or failed.", "fate")
        self.mistakes = counter("hondo_client_mistakes_total", "What clients did against protocols.", "kind")
        for kind in MISTAKES:
            self.mistakes.labels(kind=kind)
        ProcessCollector(registry=self.registry)  # memory and open files, on Linux

    def on_mistake(self, kind: str) -> None:
        """Counts a client's mistake, one of ``MISTAKES``, which is not logged."""
        self.mistakes.labels(kind=kind).inc()

    def add_gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Adds a gauge that is read whenever the metrics are requested."""
        Gauge(name, description, registry=self.registry).set_function(read)

    def collect(self) -> Iterator[Metric]:
        """All metrics without the ``_created`` timestamps that prometheus-client adds."""
        for metric in self.registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric

    def text(self) -> str:
        """The metrics in text format 0.0.4."""
        return generate_latest(self).decode()
