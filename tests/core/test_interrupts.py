import signal

import pytest

from hondo.core.interrupts import deferred_interrupt


def press_ctrl_c():
    """As Python does on Ctrl-C; a real signal could end the process that runs the tests."""
    signal.getsignal(signal.SIGINT)(signal.SIGINT, None)


@pytest.fixture(autouse=True)
def default_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_comes_after_the_block_even_where_it_fails():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press_ctrl_c()
        done.append(True)
    assert done == [True] and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press_ctrl_c()
        raise RuntimeError("conversion failed")


def test_a_second_ctrl_c_is_raised_at_once():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        press_ctrl_c()
        press_ctrl_c()
        done.append(True)
    assert done == []


def test_nothing_happens_without_one():
    with deferred_interrupt():
        pass
