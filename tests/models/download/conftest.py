"""A web server, and a cache of its own with the network allowed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.download.site import Site, serving


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    with serving() as started:
        yield started


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of weights in a new cache; requests are allowed."""
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    for name in ("HONDO_OFFLINE", "HF_HUB_OFFLINE", "HONDO_ACCEPT_LICENCE", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "weights"
