"""A child process ends when its parent has ended, however that happened: it would wait for work for ever."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """Called first in a child of ``multiprocessing``: a thread ends this process once the parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel,), name="hondo-parent", daemon=True).start()


def _wait_for_end(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)  # no cleanup: locks and queues shared with the parent may never be free again
