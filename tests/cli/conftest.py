"""The web server and the cache of the tests of downloads."""

import pytest

from tests.models.download.conftest import cache, site  # noqa: F401


@pytest.fixture(autouse=True)
def no_waiting_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not add lines to what a command prints."""
    from hondo.cli.options import waiting_line as waiting

    monkeypatch.setattr(waiting, "LATE_S", 300.0)
