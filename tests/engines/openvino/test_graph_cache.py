"""Converted graphs are kept and found again; damage, a full cache and a cache that cannot be written do no harm."""

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino")

from hondo.engines.openvino import graph_cache
from hondo.engines.openvino.graph_cache import cached_graph


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    return tmp_path / "openvino"


def graph(value: float = 2.0):
    """A graph that multiplies by ``value``."""
    import openvino as ov
    from openvino import opset13 as ops

    image = ops.parameter([1, 3], np.float32, name="image")
    product = ops.multiply(image, ops.constant(np.full((1, 3), value, dtype=np.float32)))
    return ov.Model([ops.result(product)], [image])  # pyright: ignore[reportGeneralTypeIssues]


def never():
    raise AssertionError("the kept graph was not used")


def result(found) -> float:
    import openvino as ov

    return float(ov.Core().compile_model(found, "CPU")(np.ones((1, 3), dtype=np.float32))[0][0, 0])


def test_a_graph_is_made_once() -> None:
    assert result(cached_graph("a", graph)) == 2
    assert result(cached_graph("a", never)) == 2
    assert result(cached_graph("b", lambda: graph(3.0))) == 3


def test_without_a_key_nothing_is_kept(folder: Path) -> None:
    cached_graph(None, graph)
    assert not folder.exists()


def test_a_damaged_graph_is_made_again(folder: Path) -> None:
    cached_graph("a", graph)
    (folder / "a.xml").write_text("<net")
    assert result(cached_graph("a", lambda: graph(5.0))) == 5
    assert result(cached_graph("a", never)) == 5


def test_missing_weights_are_noticed(folder: Path) -> None:
    cached_graph("a", graph)
    (folder / "a.bin").unlink()
    assert result(cached_graph("a", lambda: graph(5.0))) == 5


def test_the_oldest_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, key in ((30, "old"), (20, "middle")):
        cached_graph(key, graph)
        os.utime(folder / f"{key}.xml", (1e9 - age, 1e9 - age))
    monkeypatch.setattr(graph_cache, "MAX_BYTES", 2.5 * sum(file.stat().st_size for file in folder.glob("old.*")))
    cached_graph("new", graph)
    assert sorted(file.name for file in folder.iterdir()) == ["middle.bin", "middle.xml", "new.bin", "new.xml"]


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("HONDO_CACHE", str(blocked))
    assert result(cached_graph("a", graph)) == 2
