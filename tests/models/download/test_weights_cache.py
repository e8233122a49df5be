"""What lies in the cache: found, damaged, put there by hand, removed; accepted licences; words of the environment."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.download import weights_cache as module
from hondo.models.download.weights_cache import Stored, find, is_accepted, is_offline, remove, stored, write_origin

KEPT = Stored(url="https://x.org/a.pt", sha256="ab", checked="the hub", files={"a.pt": 3}, licence="MIT", fetched="now")


def test_a_fetched_file_is_found_with_its_origin(cache: Path) -> None:
    assert find("a") is None and stored("a") is None
    (cache / "a").mkdir(parents=True)
    assert find("a") is None
    (cache / "a" / "a.pt").write_bytes(b"123")
    write_origin(cache / "a", KEPT)
    (cache / "a" / "LICENCE.txt").touch()
    assert find("a") == cache / "a" / "a.pt" and stored("a") == KEPT and KEPT.size == 3
    (cache / "a" / "a.pt").write_bytes(b"12")
    with pytest.raises(
        HondoError, match=r"a\.pt is not as it was fetched \(3 bytes\); remove it with: hondo weights remove a"
    ):
        find("a")


def test_what_was_put_there_by_hand_is_found(cache: Path) -> None:
    (cache / "a").mkdir(parents=True)
    (cache / "a" / "mine.pth").touch()
    (cache / "a" / ".DS_Store").touch()
    assert find("a") == cache / "a" / "mine.pth" and stored("a") is None
    (cache / "a" / "more.pth").touch()
    assert find("a") == cache / "a"


def test_an_origin_that_cannot_be_read_is_none(cache: Path) -> None:
    (cache / "a").mkdir(parents=True)
    (cache / "a" / "origin.json").write_text('{"url": 1}')
    assert stored("a") is None


def test_removing_frees_the_partial_file_too_and_keeps_the_checksum(cache: Path) -> None:
    for folder in (cache / "a", module.partial_folder("a")):
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(b"1234")
    module.keep_sha256("a", "x", "ab")
    assert remove("a") == 8 and find("a") is None and remove("a") == 0
    assert module.known_sha256("a", "x") == "ab" and module.known_sha256("a", "y") == ""


def test_a_licence_is_accepted_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_accepted("CC-BY-NC-4.0")
    module.accept("CC-BY-NC-4.0", when="today")
    assert is_accepted("CC-BY-NC-4.0") and not is_accepted("GPL-3.0")
    monkeypatch.setenv("HONDO_ACCEPT_LICENCE", "1")
    assert is_accepted("GPL-3.0")


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("yes", True), ("0", False), ("", False), ("False", False)])
def test_words_of_the_environment(cache: Path, monkeypatch: pytest.MonkeyPatch, value: str, is_on: bool) -> None:
    monkeypatch.setenv("HONDO_OFFLINE", value)
    assert is_offline() == is_on
    monkeypatch.delenv("HONDO_OFFLINE")
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert is_offline() == is_on


def test_a_file_whose_bytes_changed_is_refused(cache: Path) -> None:
    (cache / "a").mkdir(parents=True)
    (cache / "a" / "a.pt").write_bytes(b"123")
    write_origin(cache / "a", replace(KEPT, hashes={"a.pt": sha256(b"123").hexdigest()}))
    assert find("a") == cache / "a" / "a.pt"
    (cache / "a" / "a.pt").write_bytes(b"124")
    with pytest.raises(HondoError, match=r"a\.pt is not as it was fetched"):
        find("a")
