"""Why a folder is not the data set it should be, with the remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.readers.find_root import holds_images, refuse_root


def test_one_folder_too_deep_or_too_high(tree: Callable[[str], Path]) -> None:
    root = tree("diode")
    for given in (root.parent, root / "val", root / "val/indoors"):
        with pytest.raises(HondoError, match=rf"but in {root}: give root={root}$"):
            open_dataset("diode", root=given)
    assert holds_images(LAYOUTS["diode"], root) and not holds_images(LAYOUTS["diode"], root / "val")


def test_something_else_nothing_and_twins(tmp_path: Path) -> None:
    layout = LAYOUTS["diode"]
    assert "no such folder" in str(refuse_root(layout, tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    assert "found nothing" in str(refuse_root(layout, tmp_path / "empty"))
    (tmp_path / "empty/._a.png").write_text("x")
    assert "found nothing (only ._ files of macOS). DIODE" in str(refuse_root(layout, tmp_path / "empty"))
    for name in "abcdefgh":
        (tmp_path / "other" / name).mkdir(parents=True)
    text = str(refuse_root(layout, tmp_path / "other"))
    assert "found a, b, c, d, e, f, ..." in text and "get it from https://diode-dataset.org" in text


def test_a_part_of_the_data_set(tree: Callable[[str], Path]) -> None:
    """A sequence of TUM alone: the folder above is named, and others beside it are not searched."""
    root = tree("tum")
    with pytest.raises(HondoError, match=rf"but in {root}: give root={root}$"):
        open_dataset("tum", root=root / "rgbd_dataset_freiburg1_desk")
    (root / "other").mkdir()
    assert "found nothing" in str(refuse_root(LAYOUTS["tum"], root / "other"))
