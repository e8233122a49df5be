"""Runs a live stream to its end without a viewer, into a recording or a file for Rerun where one is wanted."""

import time
from collections.abc import Callable
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.video.live.live_stream import Stream
from hondo.video.live.stats import StreamState, StreamStats
from hondo.video.sinks.record import record
from hondo.video.sinks.rerun_log import log_stream

REPORT_EVERY_S = 1.0


def run_headless(
    stream: Stream,
    *,
    record_to: Path | None = None,
    rerun_to: Path | None = None,
    on_progress: Callable[[StreamStats], None] = lambda stats: None,
) -> StreamStats:
    """Starts the stream, waits for its end and returns its numbers; HondoError where its source failed.

    ``on_progress`` gets them about once a second.
    """
    reported_at = time.monotonic()

    def report() -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at >= REPORT_EVERY_S:
            reported_at = time.monotonic()
            on_progress(stream.stats())

    with stream:
        if record_to is not None:
            record(stream, record_to, on_progress=report)
        if rerun_to is not None:
            log_stream(stream, rerun_to, on_progress=report)
        while not stream.is_over:
            time.sleep(REPORT_EVERY_S)
            report()
        stats = stream.stats()
    if stats.state is StreamState.FAILED:
        raise HondoError(stats.reason)
    return stats
