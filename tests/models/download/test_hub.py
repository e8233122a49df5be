"""What the hub says of a file: through a mirror, to a content server elsewhere, and where the answer is no hub's."""

import socket
from pathlib import Path

import pytest

from hondo.models.download.hub import hub_facts
from hondo.models.download.releases import HubFile
from hondo.models.download.transfer import FetchError
from tests.models.download.site import Page, Site

FILE = HubFile(repo="people/model", file="model.safetensors")
PATH = "/people/model/resolve/main/model.safetensors"
SHA256 = "ab" * 32
HUB = {"X-Repo-Commit": "c" * 40, "X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": "1234"}


@pytest.fixture
def mirror(site: Site, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("HF_ENDPOINT", site.url("/"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return site


def test_a_large_file_has_size_sha256_and_its_place_elsewhere(mirror: Site) -> None:
    elsewhere = mirror.url("/cdn/file?signed", host="localhost")
    mirror.pages[PATH] = Page(headers=HUB, redirect=elsewhere)
    facts = hub_facts(FILE)
    assert (facts.sha256, facts.wanted.size, facts.wanted.url) == (SHA256, 1234, elsewhere)
    assert facts.wanted.token is None and not [each for each in mirror.requests if each[1].startswith("/cdn")]


def test_a_file_kept_in_git_has_no_sha256_and_the_token_goes_to_the_mirror(mirror: Site) -> None:
    mirror.pages[PATH] = Page(body=b"x" * 9, etag='"abc"', headers={"X-Repo-Commit": "c" * 40})
    facts = hub_facts(FILE)
    assert (facts.sha256, facts.wanted.size, facts.wanted.url) == ("", 9, mirror.url(PATH))
    assert facts.wanted.token == "hf_secret"


@pytest.mark.parametrize(("status", "is_gone"), [(401, True), (403, True), (404, True), (500, False)])
def test_refusals_keep_their_status(mirror: Site, status: int, is_gone: bool) -> None:
    mirror.pages[PATH] = Page(statuses=[status])
    with pytest.raises(FetchError, match=rf"model\.safetensors: the server answers {status}") as caught:
        hub_facts(FILE)
    assert caught.value.is_gone == is_gone and "\n" not in str(caught.value)


def test_a_page_of_a_proxy_is_no_hub(mirror: Site) -> None:
    mirror.pages[PATH] = Page(body=b"<html>sign in", content_type="text/html")
    with pytest.raises(
        FetchError, match=r"the answer is not that of a hub \(a sign-in or proxy page\?\); check HF_ENDPOINT"
    ):
        hub_facts(FILE)


def test_no_connection_names_the_host(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(
            FetchError, match=r"no connection to 127\.0\.0\.1 \(.+\); check the network, its proxy and HF"
        ):
            hub_facts(FILE)
