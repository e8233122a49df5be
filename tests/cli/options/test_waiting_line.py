"""What a command shows while it works: a line that is rewritten on a terminal, lines elsewhere, nothing if quiet."""

import io
import logging
import time

import pytest

from hondo.cli.options import waiting_line as waiting
from hondo.cli.options.waiting_line import done_waiting, waiting_shown
from hondo.core.waiting import WAITING


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_is_done_and_clears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)  # here: pytest sets its own between a fixture and the test
    monkeypatch.setenv("TERM", "xterm-256color")
    with waiting_shown(first="predict: loading"):
        time.sleep(0.2)
        for done in range(3):
            WAITING.info("predicting", extra={"done": done, "total": 7})
        time.sleep(0.2)
    text = terminal.getvalue()
    assert "predict: loading" in text and "predicting" in text and "2/7" in text
    assert text.rstrip("\n").endswith("\x1b[2K")  # the last thing is that the line is cleared


def test_elsewhere_a_long_wait_is_named_once(capsys, monkeypatch) -> None:
    monkeypatch.setattr(waiting, "LATE_S", 0.05)
    with waiting_shown(first="bench: loading"):
        time.sleep(0.2)
        WAITING.info("compiling nano")
        done_waiting()  # in time: it is not named
        time.sleep(0.1)
    assert capsys.readouterr().err == "hondo: bench: loading ...\n"


def test_elsewhere_a_count_is_printed_now_and_then(capsys, monkeypatch) -> None:
    monkeypatch.setattr(waiting, "COUNT_S", 0.05)
    with waiting_shown(first="loading"):
        for done in range(1, 9):
            WAITING.info("predicting", extra={"done": done, "total": 8})
            time.sleep(0.02)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) < 8 and all(line.startswith("hondo: predicting ") and "of 8" in line for line in lines)
    assert " s left" in lines[0]


def test_nothing_is_left_behind() -> None:
    before = WAITING.level, list(WAITING.handlers), WAITING.propagate
    with pytest.raises(ValueError), waiting_shown(first="loading"):
        raise ValueError
    assert (WAITING.level, list(WAITING.handlers), WAITING.propagate) == before
    assert not WAITING.isEnabledFor(logging.INFO)  # a library user pays for no message
