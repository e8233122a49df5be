"""The viewer in a real browser, one for all tests of a worker; skipped where no Chromium is installed."""

from collections.abc import Callable, Iterator

import pytest

from tests.web.static.viewer import load_driver, wait_for_frames


@pytest.fixture(scope="session")
def browser() -> Iterator:
    chromium = load_driver()
    if chromium.find() is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    with chromium.browser() as opened:
        yield opened


@pytest.fixture
def page(browser) -> Iterator:
    """The browser's tab at 1280x800; whatever a page complains of fails its test."""
    browser.complaints.clear()
    browser.size(1280, 800)
    yield browser
    assert browser.complaints == []
    browser.open("about:blank")  # ends its connections


@pytest.fixture
def show(page, tmp_path) -> Callable[[bytes], None]:
    """Gives the page an image as a file, and waits for its depth."""

    def give(content: bytes) -> None:
        path = tmp_path / "photo.png"
        path.write_bytes(content)
        page.give_file("#file", path)
        wait_for_frames(page, 1)

    return give
