"""What a person sees of a download: one line of what, how large, which licence, from where; a bar on a terminal."""

import sys
import time

from hondo.models.download.transfer import Progress, as_size

_EVERY_S = 0.3


class Announced:
    """Takes every ``Progress``: prints the line at the first, and on a terminal how far it is, now and then."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._start: Progress | None = None
        self._start_s = self._shown_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._start is None:
            self._start, self._start_s = progress, now
            size = "size not stated" if progress.total is None else as_size(progress.total)
            resumed = f" (going on after {as_size(progress.done)})" if progress.done else ""
            print(f"hondo: fetching {self.what}: {size}{resumed}", file=sys.stderr, flush=True)
        is_last = progress.done == progress.total
        if not sys.stderr.isatty() or (now - self._shown_s < _EVERY_S and not is_last):
            return
        self._shown_s = now
        rate = (progress.done - self._start.done) / max(now - self._start_s, 1e-3)
        share = (
            f"{progress.done / progress.total:4.0%} of {as_size(progress.total)}"
            if progress.total
            else as_size(progress.done)
        )
        print(
            f"\r{share}, {as_size(rate)}/s", end="\x1b[K" + ("\r\x1b[K" if is_last else ""), file=sys.stderr, flush=True
        )
