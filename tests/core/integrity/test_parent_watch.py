"""A child process ends with its parent, also where the parent is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

PARENT = """
import sys, time
from multiprocessing import get_context
from hondo.core.integrity.parent_watch import end_with_parent

def work(path):
    end_with_parent()
    import os
    open(path, "w").write(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    get_context("spawn").Process(target=work, args=(sys.argv[1],)).start()
    time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script, told = tmp_path / "parent.py", tmp_path / "child"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script), str(told)]) as parent:
        until = time.monotonic() + 20
        while not (told.exists() and told.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        parent.kill()
    child = int(told.read_text())
    while _is_running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(child)


def _is_running(process: int) -> bool:
    """Whether it runs; one that nobody waits for counts as ended."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
