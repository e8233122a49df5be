"""One file over HTTP: cut and resumed, changed meanwhile, refused, redirected, too slow, too large for the disk."""

import errno
import io
from pathlib import Path
from typing import Any

import pytest

from hondo.core.errors import HondoError
from hondo.models.download import transfer as module
from hondo.models.download.transfer import FetchError, Progress, Wanted, read_text, transfer
from tests.models.download.site import Page, Site

BODY = bytes(range(256)) * 400
FILE = "/weights.pt"


def get(site: Site, path: Path, page: Page, **options: Any) -> list[float]:
    """Fetches ``page`` into ``path``; the pauses that were made."""
    site.pages[FILE] = page
    pauses: list[float] = []
    transfer(Wanted(url=site.url(FILE)), path, wait=pauses.append, **options)
    return pauses


def test_a_file_comes_whole_with_its_progress(site: Site, tmp_path: Path) -> None:
    seen: list[Progress] = []
    assert get(site, tmp_path / "x", Page(body=BODY), on_progress=seen.append) == []
    assert (tmp_path / "x").read_bytes() == BODY
    assert seen[0] == Progress(done=0, total=len(BODY)) and seen[-1] == Progress(done=len(BODY), total=len(BODY))


def test_what_was_cut_goes_on_where_it_ended(site: Site, tmp_path: Path) -> None:
    pauses = get(site, tmp_path / "x", Page(body=BODY, cuts=[1000, 70000]))
    assert (tmp_path / "x").read_bytes() == BODY and pauses == [0.5, 0.5]
    assert site.ranges(FILE) == [None, "bytes=1000-", "bytes=70000-"]


def test_another_call_goes_on_and_a_third_asks_nothing(site: Site, tmp_path: Path) -> None:
    page = Page(body=BODY, cuts=[5000] * 9)
    with pytest.raises(FetchError, match=r"cut after 0\.0 MB of 0\.1 MB, 4 times; try again later: what has arrived"):
        get(site, tmp_path / "x", page)
    assert (tmp_path / "x").read_bytes() == BODY[:5000]
    get(site, tmp_path / "x", Page(body=BODY))
    assert (tmp_path / "x").read_bytes() == BODY and site.ranges(FILE)[-1] == "bytes=5000-"
    count = len(site.requests)
    get(site, tmp_path / "x", Page(body=BODY))
    assert len(site.requests) == count


def test_another_version_meanwhile_starts_again(site: Site, tmp_path: Path) -> None:
    new = BODY[::-1] + b"more"
    with pytest.raises(FetchError):
        get(site, tmp_path / "x", Page(body=BODY, cuts=[5000] * 9))
    get(site, tmp_path / "x", Page(body=new, etag='"2"'))
    assert (tmp_path / "x").read_bytes() == new


def test_a_server_that_cannot_resume_sends_it_again(site: Site, tmp_path: Path) -> None:
    get(site, tmp_path / "x", Page(body=BODY, cuts=[1000], resumes=False))
    assert (tmp_path / "x").read_bytes() == BODY


def test_without_a_sign_of_the_version_nothing_is_resumed(site: Site, tmp_path: Path) -> None:
    get(site, tmp_path / "x", Page(body=BODY, cuts=[1000], etag='W/"weak"'))
    assert (tmp_path / "x").read_bytes() == BODY and site.ranges(FILE) == [None, None]


def test_a_start_that_is_longer_than_the_file_is_dropped(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        get(site, tmp_path / "x", Page(body=BODY, cuts=[5000] * 9))
    get(site, tmp_path / "x", Page(body=BODY[:400]))
    assert (tmp_path / "x").read_bytes() == BODY[:400]


def test_a_busy_server_is_asked_again_with_growing_pauses(site: Site, tmp_path: Path) -> None:
    assert get(site, tmp_path / "x", Page(body=BODY, statuses=[503, 429, 500])) == [1.0, 2.0, 4.0]
    with pytest.raises(FetchError, match="the server answers 503 Service Unavailable, 4 times; try again later"):
        get(site, tmp_path / "y", Page(body=BODY, statuses=[503] * 4))


@pytest.mark.parametrize(("status", "is_gone"), [(403, True), (404, True), (400, False)])
def test_a_refusal_is_final_and_says_whether_another_address_may_help(
    site: Site, tmp_path: Path, status: int, is_gone: bool
) -> None:
    with pytest.raises(FetchError, match=rf"weights\.pt: the server answers {status}") as caught:
        get(site, tmp_path / "x", Page(statuses=[status]))
    assert caught.value.is_gone == is_gone and not (tmp_path / "x").exists()


def test_redirects_are_followed_and_a_token_stays_at_home(site: Site, tmp_path: Path) -> None:
    site.pages["/moved"] = Page(redirect=site.url(FILE, host="localhost"))
    site.pages[FILE] = Page(body=BODY)
    transfer(Wanted(url=site.url("/moved"), token="secret"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BODY
    assert [each[3] for each in site.requests] == ["Bearer secret", None]


def test_a_web_page_in_place_of_the_file_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"a web page came \(a sign-in, quota or proxy page\), not the file"):
        get(site, tmp_path / "x", Page(body=b"<html>sign in", content_type="text/html; charset=utf-8"))
    assert not (tmp_path / "x").exists()


def test_a_page_of_a_proxy_does_not_spoil_what_has_arrived(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        get(site, tmp_path / "x", Page(body=BODY, cuts=[5000] * 9))
    with pytest.raises(FetchError, match="a web page came"):
        get(site, tmp_path / "x", Page(body=b"<html>", content_type="text/html", etag='"p"'))
    assert (tmp_path / "x").read_bytes() == BODY[:5000]


def test_a_server_that_says_no_length_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="does not say how large the file is"):
        get(site, tmp_path / "x", Page(body=BODY, states_length=False))


def test_a_compressed_answer_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"came compressed \(gzip\)"):
        get(site, tmp_path / "x", Page(body=BODY, headers={"Content-Encoding": "gzip"}))


def test_a_size_that_is_not_the_stated_one_is_refused(site: Site, tmp_path: Path) -> None:
    site.pages[FILE] = Page(body=BODY)
    with pytest.raises(FetchError, match=rf"has {len(BODY)} bytes and its metadata say 7"):
        transfer(Wanted(url=site.url(FILE), size=7), tmp_path / "x")


def test_a_server_that_falls_silent_is_left(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="nothing came for a while, 4 times"):
        get(site, tmp_path / "x", Page(body=BODY, cuts=[5000] * 9, pause_s=9), timeout_s=0.3)
    assert (tmp_path / "x").read_bytes() == BODY[:5000]


def test_a_proxy_of_the_environment_is_asked(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", site.url(""))
    site.pages["http://far-away.invalid/x.pt"] = Page(body=BODY)
    transfer(Wanted(url="http://far-away.invalid/x.pt"), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == BODY


def test_no_connection_names_the_host(tmp_path: Path, site: Site) -> None:
    with pytest.raises(
        FetchError, match=r"no connection to no-such-host\.invalid \(.+\); check the network, its proxy"
    ):
        transfer(Wanted(url="http://no-such-host.invalid/x.pt"), tmp_path / "x")


def test_too_little_space_is_said_before_anything_comes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = module.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: usage._replace(free=10_000))
    with pytest.raises(
        FetchError, match=r"0\.1 MB are to come and .* has 0\.0 MB free; free some space, or .*HONDO_CACHE"
    ):
        get(site, tmp_path / "x", Page(body=BODY))
    assert not (tmp_path / "x").exists()


def test_a_disk_that_fills_up_is_one_line(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode="r", **how: Full() if mode == "ab" else real(self, mode, **how))
    with pytest.raises(HondoError, match=r"cannot write .*x: No space left on device; check the folder"):
        get(site, tmp_path / "x", Page(body=BODY))


def test_a_text_is_read_and_a_page_or_nothing_is_none(site: Site) -> None:
    site.pages["/LICENSE"] = Page(body=b"the terms", content_type="text/plain; charset=utf-8")
    site.pages["/page"] = Page(body=b"<html>", content_type="text/html")
    read = [read_text(site.url(path)) for path in ("/LICENSE", "/page", "/none")]
    assert read == [b"the terms", None, None]
