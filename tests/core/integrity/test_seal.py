"""The hash inside a file finds every changed byte."""

import os
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.integrity import seal
from hondo.core.integrity.seal import FREE, check_whole, is_whole, sealed

CONTENT = b"head" + FREE.encode() + b"tail" * 40


def hash_in(content: bytes) -> str:
    return content[4:68].decode()


def test_what_was_sealed_is_whole(tmp_path: Path) -> None:
    content = sealed(CONTENT)
    path = tmp_path / "file"
    path.write_bytes(content)
    check_whole(path, hash_in(content))
    assert is_whole(content, hash_in(content)) and len(content) == len(CONTENT)


def test_every_changed_byte_is_found() -> None:
    content = sealed(CONTENT)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        assert not is_whole(bytes(damaged), hash_in(bytes(damaged))), place
    assert not is_whole(content[:-1], hash_in(content)) and not is_whole(content + b"x", hash_in(content))


@pytest.mark.parametrize("stated", ["", None, 3, FREE[:-1], "x" * 64])
def test_a_hash_that_is_none_is_not_whole(stated: object) -> None:
    assert not is_whole(sealed(CONTENT), stated)


def test_a_file_beside_is_part_of_it(tmp_path: Path) -> None:
    path, beside = tmp_path / "graph", tmp_path / "weights"
    beside.write_bytes(b"weights")
    path.write_bytes(sealed(CONTENT, second_file=beside))
    check_whole(path, hash_in(path.read_bytes()), second_file=beside)
    beside.write_bytes(b"weighty")
    with pytest.raises(HondoError, match="graph is damaged: its SHA-256"):
        check_whole(path, hash_in(path.read_bytes()), second_file=beside)


def test_a_large_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(seal, "_LARGE", 10)
    path = tmp_path / "file"
    path.write_bytes(sealed(CONTENT))
    stated = hash_in(path.read_bytes())
    check_whole(path, stated)
    monkeypatch.setattr(seal, "is_whole", lambda *given, **named: pytest.fail("hashed again"))
    check_whole(path, stated)
    monkeypatch.undo()
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(seal, "_LARGE", 10)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    os.utime(path, ns=(1, 1))
    with pytest.raises(HondoError, match="damaged"):
        check_whole(path, stated)
