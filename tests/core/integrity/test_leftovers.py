"""Temporary files of killed processes go, those in use stay."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hondo.core.atomic import atomic_write
from hondo.core.integrity import leftovers
from hondo.core.integrity.leftovers import new_name, remove_leftovers

CHILD = """
import os, sys
from hondo.core.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_goes_at_the_next_write(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path / "file.bin")], check=False)
    assert killed.returncode == -9 and len(list(tmp_path.iterdir())) == 1
    atomic_write(tmp_path / "file.bin", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_files_in_use_stay(tmp_path: Path) -> None:
    own, other = tmp_path / new_name(".png"), tmp_path / new_name("").replace(f"-{os.getpid()}-", "-1-")
    for path in (own, own.with_suffix(".bin"), other):  # the process 1 runs
        path.touch()
    assert remove_leftovers(tmp_path) == 0 and own.exists() and other.exists()


def test_files_of_another_machine_go_when_they_are_old(tmp_path: Path) -> None:
    path = tmp_path / ".00000000-77-00000000.tmp.bin"
    path.touch()
    assert remove_leftovers(tmp_path) == 0
    os.utime(path, (time.time() - 2 * leftovers._OLD_S,) * 2)
    assert remove_leftovers(tmp_path) == 1 and not path.exists()


@pytest.mark.parametrize("name", [".hidden", "a.tmp", ".x.tmp.png", ".00000000-1-00000000.tmp.a.b"])
def test_other_files_stay(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    os.utime(path, (0, 0))
    assert remove_leftovers(tmp_path) == 0 and path.exists()


def test_folders_go_too(tmp_path: Path) -> None:
    folder = tmp_path / new_name("").replace(f"-{os.getpid()}-", "-4194399-")  # above the largest process number
    (folder / "inside").mkdir(parents=True)
    assert remove_leftovers(tmp_path) == 1 and not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "none") == 0
