"""Where Tune and Train keep what they write while they run: beside the study, since all machines must see it."""

import shutil
from typing import Any

from hondo.data.streaming.shards import is_url
from hondo.fleet.store.shared_store import open_store

TUNE_FOLDER = ".tune"


def storage_of(root: str) -> dict[str, Any]:
    """The arguments of a RunConfig that name the place."""
    if not is_url(root):
        return {"storage_path": f"{root}/{TUNE_FOLDER}"}
    import fsspec
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    system, path = fsspec.core.url_to_fs(root)
    return {"storage_path": f"{path}/{TUNE_FOLDER}", "storage_filesystem": PyFileSystem(FSSpecHandler(system))}


def forget_storage(root: str) -> None:
    """Removes what Tune has kept: hondo resumes from its own files."""
    if not is_url(root):
        shutil.rmtree(f"{root}/{TUNE_FOLDER}", ignore_errors=True)
        return
    store = open_store(root)
    for name in store.names(TUNE_FOLDER):
        store.remove(name)
