"""Ctrl-C: the first asks, the second stops."""

import signal
import subprocess
import sys
import threading

import pytest

from hondo.train.interrupt import stop_on_signals

# In a process of its own: a signal that arrives late would end the process that runs the tests.
PROGRAM = """
import signal, sys
from hondo.train.interrupt import stop_on_signals
number = int(sys.argv[1])
signal.signal(signal.SIGINT, signal.default_int_handler)
before = signal.getsignal(number)
try:
    with stop_on_signals() as stop:
        assert not stop.is_requested
        signal.raise_signal(number)
        assert stop.is_requested
        signal.raise_signal(number)
except KeyboardInterrupt:
    assert signal.getsignal(number) is before
    print("stopped")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_the_second_stops(number: signal.Signals):
    command = [sys.executable, "-c", PROGRAM, str(int(number))]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "stopped\n"), ended.stderr


def test_other_threads_leave_signals_alone():
    found = []

    def use():
        with stop_on_signals() as stop:
            found.append(stop.is_requested)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert found == [False]
