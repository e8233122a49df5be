"""Says on stderr what a command waits for: a line with the time on a terminal, a line after a while elsewhere.

The packages below tell it to the logger of ``core.waiting``.
"""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hondo.core.waiting import WAITING

if TYPE_CHECKING:
    from rich.progress import Progress

LATE_S = 3.0  # elsewhere than on a terminal, a wait is named once it takes longer
COUNT_S = 30.0  # between two lines of a count


@contextmanager
def waiting_shown(*, first: str) -> Iterator[None]:
    """Shows what is logged inside; ``first`` is what the command begins with."""
    handler: _Bar | _Lines = _Bar() if sys.stderr.isatty() else _Lines()
    level, propagates = WAITING.level, WAITING.propagate
    WAITING.addHandler(handler)
    WAITING.setLevel(logging.INFO)
    WAITING.propagate = False
    try:
        WAITING.info(first)
        yield
    finally:
        WAITING.removeHandler(handler)
        WAITING.setLevel(level)
        WAITING.propagate = propagates
        handler.end()


@contextmanager
def starting_shown(text: str) -> Iterator[None]:
    """On a terminal a line at once, while the options are parsed; it is gone when the block ends."""
    is_shown = sys.stderr.isatty()
    if is_shown:
        sys.stderr.write(text)
        sys.stderr.flush()
    try:
        yield
    finally:
        if is_shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def done_waiting() -> None:
    """Before something else is drawn on the terminal."""
    WAITING.info("")


class _Bar(logging.Handler):
    """A line that is rewritten: what, how many of how many, the time so far and the time left."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None

    def emit(self, record: logging.LogRecord) -> None:
        text, done, total = _parts(record)
        if not text:
            return self.end()
        if self._bar is None:
            self._bar = self._started()
        (task,) = self._bar.tasks or (None,)
        if task is None or task.description != text or task.total != total:
            if task is not None:
                self._bar.remove_task(task.id)
            self._bar.add_task(text, total=total, completed=done or 0)
        else:
            self._bar.update(task.id, completed=done or 0)

    def _started(self) -> "Progress":
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.text import Text

        class Count(TextColumn):
            def render(self, task):
                if task.total is None:
                    return Text(f"{task.completed:.0f}" if task.completed else "")
                left = "" if task.time_remaining is None else f", {task.time_remaining:.0f} s left"
                return Text(f"{task.completed:.0f}/{task.total:.0f}{left}")

        columns = (SpinnerColumn(), TextColumn("{task.description}"), Count(""), TimeElapsedColumn())
        bar = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty(),
            refresh_per_second=8,
        )  # fmt: skip
        bar.start()
        return bar

    def end(self) -> None:
        """Removes the line."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class _Lines(logging.Handler):
    """Where there is no terminal: a wait that takes long is named once, a count now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._timer: threading.Timer | None = None
        self._text, self._begun, self._next = "", 0.0, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        text, done, total = _parts(record)
        now = time.monotonic()
        if text != self._text or done is None:
            self.end()
            self._text, self._begun, self._next = text, now, now + COUNT_S
            if text and done is None:
                self._timer = threading.Timer(LATE_S, _write, [text])
                self._timer.daemon = True
                self._timer.start()
        elif now >= self._next:
            self._next = now + COUNT_S
            left = f", {(now - self._begun) / done * (total - done):.0f} s left" if total and done else ""
            _write(f"{text} {done}{f' of {total}' if total else ''}{left}")

    def end(self) -> None:
        """Says no more of the wait."""
        if self._timer is not None:
            self._timer.cancel()


def _parts(record: logging.LogRecord) -> tuple[str, int | None, int | None]:
    return record.getMessage(), getattr(record, "done", None), getattr(record, "total", None)


def _write(text: str) -> None:
    print(f"hondo: {text} ...", file=sys.stderr, flush=True)
