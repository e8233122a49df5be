"""Tiny trees of published data sets on disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.dataset_trees import TREES


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the tree of a data set and returns its root."""

    def write(name: str) -> Path:
        root = tmp_path / name
        root.mkdir()
        TREES[name](root)
        return root

    return write


@pytest.fixture
def any_aspect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published intrinsics are of 4:3 and 10:3 images, the trees hold 12x8: their aspects count as one."""
    monkeypatch.setattr("hondo.core.types.ASPECT_TOLERANCE", 3.0)
