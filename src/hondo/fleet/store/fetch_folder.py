"""Copies a folder of a bucket to this machine's disk: ``python -m ... URL FOLDER``; files that are there stay."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hondo.fleet.store.shared_store import open_store

AT_ONCE = 16


def fetch_folder(url: str, folder: Path) -> int:
    """Every object below ``url`` that ``folder`` does not have; returns how many were fetched."""
    store = open_store(url)
    missing = [name for name in store.names("") if not (folder / name).is_file()]
    for name in missing:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda name: store.get(name, folder / name), missing))
    return len(missing)


if __name__ == "__main__":
    print(f"{fetch_folder(sys.argv[1], Path(sys.argv[2]))} files fetched")
