"""A long loop says how far it is: lines in a file, one line written over on a terminal."""

import io

from hondo.core.preparing.countdown import counted


def test_long_work_on_items_is_told_now_and_then(capsys):
    assert list(counted("abc", what="letters", total=3, every_s=1e9)) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""
    assert list(counted("abc", what="letters", total=3, every_s=0)) == ["a", "b", "c"]
    assert "hondo: letters: 2 of 3, 0 s left\n" in capsys.readouterr().err
    assert list(counted(iter("ab"), what="letters", every_s=0)) == ["a", "b"]
    assert "hondo: letters: 1\n" in capsys.readouterr().err


def test_a_terminal_shows_one_line_from_the_first_item_on(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    assert next(counted([1, 2], what="numbers", total=2)) == 1
    assert shown.getvalue().endswith("hondo: numbers: 0 of 2") and "\n" not in shown.getvalue()
    list(counted([1, 2], what="numbers", total=2))
    assert "hondo: numbers: 2 done" in shown.getvalue() and shown.getvalue().count("\n") == 1
