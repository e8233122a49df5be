"""Works one or two steps ahead: a reader in its own thread, so that decoding overlaps the network."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")
_END = object()
_POLL_S = 0.1


def ahead(items: Iterable[T], *, depth: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, made in another thread, at most ``depth`` of them waiting.

    An error of the reader is raised where its item would have come. Closing the iterator stops the reader.
    """
    waiting: queue.Queue = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(entry: object) -> None:
        while not stopped.is_set():
            try:
                return waiting.put(entry, timeout=_POLL_S)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for item in items:
                put((item, None))
                if stopped.is_set():
                    return
        except BaseException as error:  # handed to the consumer, whatever it is
            put((None, error))
        put(_END)

    thread = threading.Thread(target=read, name="hondo-reader", daemon=True)
    thread.start()
    try:
        while (entry := waiting.get()) is not _END:
            item, error = entry
            if error is not None:
                raise error
            yield item
    finally:
        stopped.set()
        thread.join(timeout=5)
