import signal
import threading

import pytest

from hondo.train.interrupt import stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_the_second_stops(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stop_on_signals() as stop:
        assert not stop.is_requested
        signal.raise_signal(number)
        assert stop.is_requested
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_other_threads_leave_signals_alone():
    found = []

    def use():
        with stop_on_signals() as stop:
            found.append(stop.is_requested)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert found == [False]
