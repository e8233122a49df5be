"""A release into the cache: whole or not at all, checked, once, from the next address if need be, as allowed."""

import errno
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.download import weights_cache
from hondo.models.download.fetch import LicenceError, alone, fetch
from hondo.models.download.releases import HubFile, Link, Release
from hondo.models.download.transfer import FetchError, Progress
from tests.models.download.site import Page, Site

BODY = bytes(range(256)) * 20
SHA256 = hashlib.sha256(BODY).hexdigest()


def silent(what: str) -> Callable[[Progress], None]:
    return lambda progress: None


def link(site: Site, page: Page, *, name: str = "net.pt", sha256: str = "") -> Link:
    site.pages[f"/files/{name}"] = page
    return Link(url=site.url(f"/files/{name}"), sha256=sha256)


def release(site: Site, *sources: Link | HubFile, **facts) -> Release:
    site.pages.setdefault("/terms", Page(body=b"all is allowed", content_type="text/plain"))
    return Release(label="net", sources=sources, terms=site.url("/terms"), **facts)


def test_a_file_comes_with_its_origin_and_licence_and_is_not_asked_for_again(
    site: Site, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = release(site, link(site, Page(body=BODY)))
    path = fetch(wanted, licence="MIT")
    assert path == cache / "net" / "net.pt" and path.read_bytes() == BODY
    assert sorted(each.name for each in path.parent.iterdir()) == ["LICENCE.txt", "net.pt", "origin.json"]
    assert (cache / "net" / "LICENCE.txt").read_bytes() == b"all is allowed"
    kept = weights_cache.stored("net")
    assert kept is not None and (kept.sha256, kept.files, kept.licence) == (SHA256, {"net.pt": len(BODY)}, "MIT")
    assert kept.checked == "nothing: first use" and not (cache / ".partial" / "net").exists()
    assert capsys.readouterr().err == f"hondo: fetching net.pt, MIT, from {site.url('/files/net.pt')}: 0.0 MB\n"
    count = len(site.requests)
    assert fetch(wanted, licence="MIT", offline=True) == path and len(site.requests) == count


def test_an_archive_becomes_a_folder(site: Site, cache: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mono/encoder.pth", BODY)
        archive.writestr("mono/depth.pth", b"depth")
    wanted = release(
        site, link(site, Page(body=buffer.getvalue()), name="mono.zip"), members=("encoder.pth", "depth.pth")
    )
    folder = fetch(wanted, licence="MIT", show=silent)
    assert folder == cache / "net" and (folder / "encoder.pth").read_bytes() == BODY
    assert not list(cache.rglob("*.zip"))
    kept = weights_cache.stored("net")
    assert kept is not None and kept.sha256 == hashlib.sha256(buffer.getvalue()).hexdigest()


def test_what_was_cut_goes_on_in_the_next_call_and_is_not_found_before(
    site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hondo.models.download.transfer.FIRST_WAIT_S", 0)
    wanted = release(site, link(site, Page(body=BODY, cuts=[1000, *[0] * 4, len(BODY)])))
    with pytest.raises(FetchError, match="4 times"):
        fetch(wanted, licence="MIT", show=silent)
    assert weights_cache.find("net") is None and not (cache / "net").exists()
    assert fetch(wanted, licence="MIT", show=silent).read_bytes() == BODY
    assert site.ranges("/files/net.pt")[-1] == "bytes=1000-"


def test_a_hub_states_the_sha256(site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", site.url(""))
    hub = {"X-Repo-Commit": "c" * 40, "X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": str(len(BODY))}
    site.pages["/a/b/resolve/main/net.pth"] = Page(headers=hub, redirect=site.url("/cdn", host="localhost"))
    site.pages["/cdn"] = Page(body=BODY)
    wanted = release(site, HubFile(repo="a/b", file="net.pth"))
    assert fetch(wanted, licence="MIT", show=silent).read_bytes() == BODY
    kept = weights_cache.stored("net")
    assert kept is not None and kept.checked == "the hub"
    weights_cache.remove("net")
    site.pages["/cdn"] = Page(body=BODY[::-1])
    with pytest.raises(FetchError, match=rf"its SHA-256 is \w+, and {SHA256} according to the hub; try again later"):
        fetch(wanted, licence="MIT", show=silent)
    assert weights_cache.find("net") is None and not list(cache.rglob("net.pth"))


def test_a_sha256_in_the_name_is_compared(site: Site, cache: Path) -> None:
    wanted = release(site, link(site, Page(body=BODY), sha256=SHA256[:8]))
    fetch(wanted, licence="MIT", show=silent)
    kept = weights_cache.stored("net")
    assert kept is not None and kept.checked == "the name that the authors gave it"
    weights_cache.remove("net")
    wanted = release(site, link(site, Page(body=BODY), sha256="00000000"))
    with pytest.raises(FetchError, match="and 00000000 according to the name that the authors gave it"):
        fetch(wanted, licence="MIT", show=silent)


def test_another_file_than_the_first_time_is_refused_until_the_user_allows_it(site: Site, cache: Path) -> None:
    fetch(release(site, link(site, Page(body=BODY))), licence="MIT", show=silent)
    weights_cache.remove("net")
    other = release(site, link(site, Page(body=BODY[::-1])))
    with pytest.raises(FetchError, match=rf"was {SHA256} when it was first fetched here; if .* delete .*net\.json"):
        fetch(other, licence="MIT", show=silent)
    weights_cache.known_file("net").unlink()
    assert fetch(other, licence="MIT", show=silent).read_bytes() == BODY[::-1]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><html>quota exceeded", "is a web page"),
        (b'{"error": "no"}', "is JSON text"),
        (b"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer"),
        (b"", "is truncated to nothing"),
    ],
)
def test_what_is_no_file_of_weights_is_refused_and_deleted(site: Site, cache: Path, body: bytes, says: str) -> None:
    with pytest.raises(FetchError, match=rf"/files/net\.pt: .*{says}"):
        fetch(release(site, link(site, Page(body=body))), licence="MIT", show=silent)
    assert weights_cache.find("net") is None and not list(cache.rglob("net.pt"))


def test_a_page_saved_as_an_archive_is_refused(site: Site, cache: Path) -> None:
    wanted = release(site, link(site, Page(body=b"<html>"), name="mono.zip"), members=("encoder.pth",))
    with pytest.raises(FetchError, match=r"mono\.zip is damaged, or no zip archive"):
        fetch(wanted, licence="MIT", show=silent)
    assert not list(cache.rglob("*.zip"))


def test_the_next_address_is_tried_where_the_first_has_nothing(
    site: Site, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, there = link(site, Page(statuses=[404]), name="old.pt"), link(site, Page(body=BODY))
    assert fetch(release(site, missing, there), licence="MIT", show=silent).read_bytes() == BODY
    assert "the server answers 404 Not Found; trying the next address" in capsys.readouterr().err
    weights_cache.remove("net")
    broken = link(site, Page(statuses=[400]), name="old.pt")
    with pytest.raises(FetchError, match="answers 400"):
        fetch(release(site, broken, there), licence="MIT", show=silent)


def test_a_licence_that_does_not_allow_all_is_accepted_once(site: Site, cache: Path) -> None:
    wanted = release(site, link(site, Page(body=BODY)))
    with pytest.raises(
        LicenceError, match=rf"net is CC-BY-NC-4\.0: read {site.url('/terms')}, then accept it once with"
    ):
        fetch(wanted, licence="CC-BY-NC-4.0", show=silent)
    assert not site.requests
    fetch(wanted, licence="CC-BY-NC-4.0", accept_licence=True, show=silent)
    weights_cache.remove("net")
    fetch(wanted, licence="CC-BY-NC-4.0", show=silent)


def test_offline_asks_nobody(site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = release(site, link(site, Page(body=BODY)))
    with pytest.raises(FetchError, match="offline=True, HONDO_OFFLINE or HF_HUB_OFFLINE forbids it"):
        fetch(wanted, licence="MIT", offline=True)
    monkeypatch.setenv("HONDO_OFFLINE", "1")
    with pytest.raises(FetchError, match="forbids it"):
        fetch(wanted, licence="MIT")
    assert not site.requests and not cache.exists()


def test_a_cache_that_cannot_be_written_is_one_line(site: Site, cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(HondoError, match=r"HONDO_CACHE .*weights: cannot write there \(.+\); choose another folder"):
        fetch(release(site, link(site, Page(body=BODY))), licence="MIT", show=silent)


def test_a_disk_that_is_full_while_unpacking_keeps_the_archive(
    site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("encoder.pth", BODY)
        archive.writestr("depth.pth", BODY)
    page = Page(body=buffer.getvalue())
    wanted = release(site, link(site, page, name="mono.zip"), members=("encoder.pth", "depth.pth"))

    def full(*streams: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("hondo.models.download.unpack.shutil.copyfileobj", full)
        with pytest.raises(HondoError, match=r"cannot write .*: No space left on device; check the folder"):
            fetch(wanted, licence="MIT", show=silent)
    assert weights_cache.find("net") is None
    assert fetch(wanted, licence="MIT", show=silent) == cache / "net" and len(site.ranges("/files/mono.zip")) == 1


def test_a_licence_without_its_text_is_noted_by_name(site: Site, cache: Path) -> None:
    site.pages["/terms"] = Page(statuses=[404])
    fetch(release(site, link(site, Page(body=BODY))), licence="MIT", show=silent)
    assert (cache / "net" / "LICENCE.txt").read_text() == f"MIT: {site.url('/terms')}\n"


def test_of_two_at_once_one_fetches_and_the_other_waits(
    site: Site, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = release(site, link(site, Page(body=BODY, pause_s=0.2)))
    with ThreadPoolExecutor(2) as pool:
        paths = [each.result() for each in [pool.submit(fetch, wanted, licence="MIT", show=silent) for _ in range(2)]]
    assert paths == [cache / "net" / "net.pt"] * 2 and len(site.ranges("/files/net.pt")) == 1
    assert capsys.readouterr().err in ("hondo: another process is fetching net; waiting for it\n", "")


OTHER = """
from hondo.models.download.fetch import fetch
from hondo.models.download.releases import Link, Release
print(fetch(Release(label="net", sources=(Link(url="http://127.0.0.1:9/net.pt"),), terms=""), licence="MIT"))
"""


def test_another_process_waits_and_finds_it(cache: Path) -> None:
    with alone("net"):
        other = subprocess.Popen(
            [sys.executable, "-c", OTHER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert other.stderr is not None and "another process is fetching net" in other.stderr.readline()
        (cache / "net").mkdir()
        (cache / "net" / "net.pt").write_bytes(BODY)
    printed, _ = other.communicate(timeout=60)
    assert printed.strip() == str(cache / "net" / "net.pt")
