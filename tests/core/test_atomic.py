"""A file appears whole or not at all."""

import os
from pathlib import Path

import pytest

from hondo.core.atomic import atomic_path, atomic_write, make_writable_folder
from hondo.core.errors import HondoError


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = atomic_write(tmp_path / "new" / "x.bin", b"one", sync=True)
    atomic_write(path, b"two")
    assert path.read_bytes() == b"two" and list(path.parent.iterdir()) == [path]


def test_failure_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = atomic_write(tmp_path / "x.bin", b"old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_unwritable_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HondoError, match=r"cannot write .*x\.bin"):
        atomic_write(tmp_path / "file" / "x.bin", b"")


def test_a_device_or_a_folder_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(HondoError, match=f"{name}: there is a folder or a device of that name; name a file"):
            atomic_write(tmp_path / name, b"1")
    assert (tmp_path / "pipe").is_fifo() and len(list(tmp_path.iterdir())) == 2


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"old")
    atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hondo.core.atomic.temporary_path", lambda path: tmp_path / "full")
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(HondoError, match="No space left on device; check the folder"):
        atomic_write(tmp_path / "x.bin", b"1")
    assert not list(tmp_path.iterdir())


def test_replaces_the_whole_file(tmp_path):
    path = tmp_path / "new" / "file"
    atomic_write(path, b"first, and longer", sync=True)
    atomic_write(path, b"second", sync=True)
    assert path.read_bytes() == b"second" and os.listdir(path.parent) == ["file"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = tmp_path / "file"
    atomic_write(path, b"old", sync=True)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(path, b"new", sync=True)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HondoError, match="cannot write there"):
        make_writable_folder(tmp_path / "file" / "out", field="out")
    assert make_writable_folder(tmp_path / "new" / "out", field="out").is_dir()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HondoError, match="cannot write there"):
        make_writable_folder(tmp_path, field="out")
    tmp_path.chmod(0o700)
