"""How far a long loop is, on stderr: one line that is rewritten on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from hondo.core.waiting import WAITING

T = TypeVar("T")
LINE_SECONDS = 30.0  # between two lines
REDRAW_SECONDS = 0.2  # on a terminal


def counted(items: Iterable[T], *, what: str, total: int | None = None, every_s: float | None = None) -> Iterator[T]:
    """Yields the items; says how many of ``total`` are done and how long the rest takes, every ``every_s`` seconds."""
    WAITING.info("")
    is_drawn = sys.stderr.isatty()
    pause = every_s if every_s is not None else REDRAW_SECONDS if is_drawn else LINE_SECONDS
    begun = last = time.monotonic()
    index = -1
    for index, item in enumerate(items):
        if (now := time.monotonic()) >= last + pause or (is_drawn and index == 0):
            last = now
            _write(_line(what, index, total, now - begun), is_drawn=is_drawn)
        yield item
    if is_drawn and index >= 0:
        _write(f"hondo: {what}: {index + 1} done in {time.monotonic() - begun:.1f} s", is_drawn=True)
        print(file=sys.stderr)


def _line(what: str, done: int, total: int | None, seconds: float) -> str:
    if total is None:
        return f"hondo: {what}: {done}"
    left = "" if not done else f", {seconds / done * max(total - done, 0):.0f} s left"
    return f"hondo: {what}: {done} of {total}{left}"


def _write(line: str, *, is_drawn: bool) -> None:
    """A terminal's line is written over; elsewhere each is a line of its own."""
    print(f"\r\x1b[K{line}" if is_drawn else line, end="" if is_drawn else "\n", file=sys.stderr, flush=True)
