"""Converted graphs in hondo's cache, so that the next start neither traces nor converts the model again."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hondo.core.cache import cache_folder

if TYPE_CHECKING:
    import openvino

MAX_BYTES = 2 * 2**30  # of all graphs; the ones not used for longest are removed


def cached_graph(key: str | None, make: Callable[[], "openvino.Model"]) -> "openvino.Model":
    """The graph that was kept under this key, else a new one, which is kept. None: the graph is not kept.

    A cache that cannot be read or written is never a reason to fail.
    """
    if key is None:
        return make()
    path = cache_folder("openvino") / f"{key}.xml"
    found = _read(path)
    if found is not None:
        return found
    graph = make()
    _write(graph, path)
    return graph


def _read(path: Path) -> "openvino.Model | None":
    """The graph, and its time of last use renewed."""
    import openvino as ov

    if not path.exists():
        return None
    try:
        graph = ov.Core().read_model(path)
        os.utime(path)
    except (OSError, RuntimeError):  # RuntimeError: OpenVINO's one class of error
        return None
    return graph


def _write(graph: "openvino.Model", path: Path) -> None:
    """Two files, the weights first, each complete before it has its name; then room is made."""
    import openvino as ov

    unfinished = path.with_suffix(f".{os.getpid()}.xml")
    weights = unfinished.with_suffix(".bin")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ov.serialize(graph, unfinished, weights)
        weights.replace(path.with_suffix(".bin"))
        unfinished.replace(path)
        _make_room(path.parent)
    except (OSError, RuntimeError):
        for file in (unfinished, weights):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Removes the graphs that were not used for longest, until the rest is small enough."""
    graphs = sorted(folder.glob("*.xml"), key=lambda path: -path.stat().st_mtime)
    total = 0
    for path in graphs:
        pair = [path, path.with_suffix(".bin")]
        total += sum(file.stat().st_size for file in pair if file.exists())
        if total > MAX_BYTES:
            for file in pair:
                file.unlink(missing_ok=True)
