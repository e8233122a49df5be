"""The checks of the test run find what stays open."""

import subprocess
import sys
from pathlib import Path

from tests.core.integrity.leaks import left_children, open_files


def test_an_open_file_is_found(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w"):
        assert [Path(each).name for each in open_files(tmp_path)] == ["file"]
    assert not open_files(tmp_path)


def test_a_running_child_is_found() -> None:
    before = left_children()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert len(left_children()) == len(before) + 1
        child.communicate(b"\n")
    assert left_children() == before
