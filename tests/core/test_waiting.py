"""The logger of waits is silent for users of the library."""

import logging

from hondo.core.waiting import WAITING


def test_it_says_nothing_unless_somebody_listens(capsys) -> None:
    WAITING.info("compiling")
    assert not WAITING.isEnabledFor(logging.INFO)
    assert capsys.readouterr() == ("", "")
