"""What tests leave behind in their process: open files and running children."""

import os
from pathlib import Path

import psutil

# Python's own helper of multiprocessing, which lives as long as the process.
_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


def open_files(folder: Path) -> list[str]:
    """The open files inside a folder, by their path; empty where the system does not tell."""
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        return []
    found = []
    for handle in handles.iterdir():
        try:
            path = os.readlink(handle)
        except OSError:  # the one of this listing
            continue
        if path.startswith(f"{folder}{os.sep}"):
            found.append(path)
    return found


def left_children() -> list[str]:
    """The command lines of the processes that this one started and that still run."""
    lines = [" ".join(child.cmdline()) for child in psutil.Process().children() if child.status() != "zombie"]
    return [line for line in lines if not any(helper in line for helper in _HELPERS)]
