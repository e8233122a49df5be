"""Splits of one's own, scenes, parts of the data set, and lists that are not there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.data.datasets.registry import open_dataset
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.published.split_choice import choose_items, read_named_split
from hondo.data.readers.file_reader import Item
from tests.contracts.dataset_trees import put, put_image

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync"
KITTI = LAYOUTS["kitti"]


def test_a_list_of_one_s_own(tree: Callable[[str], Path], tmp_path: Path) -> None:
    root = tree("kitti")
    put(tmp_path / "lists/mine_files.txt", f"{DRIVE} 5 l\n{DRIVE} 6 l\n")
    with pytest.warns(HondoWarning, match="2 listed, 1 used; 1 are not on disk"):
        samples = open_dataset("kitti", root=root, split=str(tmp_path / "lists/mine_files.txt"))
    assert len(samples) == 1
    put(tmp_path / "lists/none_files.txt", f"{DRIVE} 7 r\n")
    with pytest.raises(HondoError, match="no sample of kitti: 1 images chosen, 0 of them without a depth map, 1 not"):
        open_dataset("kitti", root=root, split=str(tmp_path / "lists/none_files.txt"))
    put(tmp_path / "lists/empty_files.txt", "\n")
    with pytest.raises(HondoError, match="the list is empty"):
        open_dataset("kitti", root=root, split=str(tmp_path / "lists/empty_files.txt"))


def test_test_images_in_a_list_for_training(tree: Callable[[str], Path], tmp_path: Path) -> None:
    put(tmp_path / "mine/train_files.txt", f"{DRIVE} 5 l\n")
    put(tmp_path / "mine/test_files.txt", f"{DRIVE} 5 r\n")
    with pytest.raises(HondoError, match="holds 1 images of the test split test_files"):
        open_dataset("kitti", root=tree("kitti"), split=str(tmp_path / "mine/train_files.txt"))


def test_scenes_and_parts(tree: Callable[[str], Path], tmp_path: Path) -> None:
    root = tree("scannet")
    put(tmp_path / "scannet_val.txt", "scene0000_00\n")
    assert len(open_dataset("scannet", root=root, split=str(tmp_path / "scannet_val.txt"))) == 1
    root = tree("diw")
    assert len(open_dataset("diw", root=root, split="test")) == 1
    with pytest.raises(HondoError, match="no sample of diw"):
        open_dataset("diw", root=root, split="train_val")


def test_published_lists_are_looked_for(tree: Callable[[str], Path], tmp_path: Path) -> None:
    root = tree("kitti")
    with pytest.raises(HondoError, match=r"not in .*splits: give lists=FOLDER; they come with the code of monodepth2"):
        open_dataset("kitti", root=root, split="eigen/test")
    with pytest.raises(HondoError, match="did you mean eigen/test"):
        open_dataset("kitti", root=root, split="eigen/tests")
    with pytest.raises(HondoError, match="the split nyu/test is not of kitti; it has eigen_zhou/train"):
        open_dataset("kitti", root=root, split="nyu/test")
    put(root / "splits/eigen/test_files.txt", f"{DRIVE} 0000000005 l\n")
    with pytest.raises(HondoError, match="lists 1 images, the published split eigen/test has 697"):
        read_named_split(KITTI, "eigen/test", root=root, lists=None)


def test_both_kinds_of_lines() -> None:
    names = (f"{DRIVE}/image_03/data/0000000005.png", f"{DRIVE}/image_02/data/0000000007.jpg")
    items = tuple(Item(name=name, path=Path(name), fields={}, depth=Path("d")) for name in names)
    chosen = choose_items(KITTI, items, root=Path(), split=None, lists=None, only=DRIVE, with_depth=True)
    assert chosen.items == items and chosen.says() == ""


def test_lines_with_paths(tree: Callable[[str], Path], tmp_path: Path) -> None:
    """BTS: image, depth, focal length; the paths are relative to sync/ or official_splits/test/."""
    root = tree("nyu-bts")
    put_image(root / "official_splits/test/bathroom/rgb_00045.jpg")
    line = "rgb_00045.jpg x/sync_depth_00045.png 518.8579"
    put(tmp_path / "files.txt", f"/kitchen_0028b/{line}\nbathroom/{line}\n")
    samples = open_dataset("nyu-bts", root=root, split=str(tmp_path / "files.txt"), with_depth=False)
    assert [Path(name).parent.name for name in samples.origins] == ["kitchen_0028b", "bathroom"]
