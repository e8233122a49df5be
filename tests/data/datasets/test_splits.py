"""Split lists: the counts everyone knows, and leaks that are found."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.splits import find_splits, overlaps, read_split


def test_the_published_lists(shared_data: Path):
    """Eigen: 45200 / 1776 / 697, of which 652 have an annotation (facts of the field)."""
    root = shared_data / "splits"
    names = ("eigen/test", "eigen_benchmark/test", "eigen_full/train", "eigen_full/val")
    lists = [read_split(root / f"monodepth2/{name}_files.txt", name=f"{name}_files") for name in names]
    assert [len(split.images) for split in lists] == [697, 652, 45200, 1776]
    assert overlaps(lists) == []
    bts = read_split(root / "bts/eigen_test_files_with_gt.txt")
    assert bts.num_without_depth == 45 and set(bts.images) == set(lists[0].images)
    assert len(read_split(root / "bts/nyudepthv2_test_files_with_gt.txt").images) == 654


def write(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines))


def test_leaks(tmp_path: Path):
    write(tmp_path / "eigen", "test_files.txt", "a/drive_1 0000000005 l", "a/drive_1 6 l")
    write(tmp_path / "eigen_mine", "train_files.txt", "a/drive_1 5 r", "a/drive_2 5 l", "a/drive_2 5 l")
    write(tmp_path / "eigen_mine", "val_files.txt", "a/drive_2 5 l", "a/drive_2 5 r")
    write(tmp_path / "odom", "train_files.txt", "a/drive_1 6 l")
    splits = find_splits(tmp_path)
    found = {(overlap.first, overlap.second): overlap.count for overlap in overlaps(splits)}
    assert found == {
        ("eigen/test_files", "eigen_mine/train_files"): 1,
        ("eigen_mine/train_files", "eigen_mine/val_files"): 1,
    }
    train = next(split for split in splits if split.name == "eigen_mine/train_files")
    assert (train.num_scenes, train.num_repeated, train.role) == (2, 1, "train")


def test_one_file_of_bts(tmp_path: Path):
    write(tmp_path, "x_test.txt", "d/d_1/image_02/data/07.png None 721.5", "d/d_1/image_03/data/07.png e.png 721.5")
    split = find_splits(tmp_path / "x_test.txt")[0]
    assert split.images == ("d/d_1 07", "d/d_1 07") and split.num_without_depth == 1 and split.num_repeated == 0


def test_refusals(tmp_path: Path):
    with pytest.raises(HondoError, match="no such file"):
        find_splits(tmp_path / "nowhere")
    with pytest.raises(HondoError, match="no split lists"):
        find_splits(tmp_path)
    write(tmp_path, "a_files.txt", "")
    with pytest.raises(HondoError, match="empty"):
        read_split(tmp_path / "a_files.txt")
    write(tmp_path, "b_files.txt", "drive_1 5 l", "left right")
    with pytest.raises(HondoError, match="line 2"):
        read_split(tmp_path / "b_files.txt")


def test_lists_of_windows_hide_no_overlap(tmp_path: Path):
    (tmp_path / "test_files.txt").write_bytes("a\\drive_1 5 l\r\n".encode("utf-8-sig"))
    (tmp_path / "train_files.txt").write_bytes("a/drive_1 5 r\r\na/drive_1 6 r\r\n".encode("utf-16"))
    (tmp_path / "val_files.txt").write_bytes(b"a/drive_1,7,l\na/drive_1;5;l\n")
    splits = find_splits(tmp_path)
    assert [split.images for split in splits][1] == ("a/drive_1 0000000005", "a/drive_1 0000000006")
    found = {(overlap.first, overlap.second) for overlap in overlaps(splits)}
    assert found == {("test_files", "train_files"), ("test_files", "val_files")}
