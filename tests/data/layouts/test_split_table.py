"""The published lists have the counts that everybody knows, and none of them holds images of its test."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.layouts.split_table import SPLITS
from hondo.data.published.split_choice import choose_items, find_list, listed_names, read_named_split, read_published
from hondo.data.readers.file_reader import Item

KITTI = LAYOUTS["kitti"]


LARGE = 5000  # lines; reading more takes a second with the checks of the test run


@pytest.mark.parametrize("name", SPLITS)
def test_the_counts_of_the_authors_lists(name: str, shared_data: Path) -> None:
    path = find_list(SPLITS[name], [shared_data / "splits"])
    assert path is not None
    assert len(path.read_text().split()) == 3 * SPLITS[name].count  # scene frame side, or image depth focal
    if SPLITS[name].count < LARGE:
        layout = next(layout for layout in LAYOUTS.values() if name in layout.splits)
        split = read_published(SPLITS[name], path)  # refuses another count
        assert all("/" in each for each in listed_names(layout, split))


def annotated(split: str, lists: Path) -> tuple[Item, ...]:
    """The items of a list as KITTI annotates them: not the first five and last five images of a drive."""
    last: dict[str, int] = {}
    for part in ("train", "val"):
        for line in (lists / f"monodepth2/eigen_full/{part}_files.txt").read_text().splitlines():
            drive, frame, _ = line.split()
            last[drive] = max(int(frame), last.get(drive, 0))
    items = []
    for name in listed_names(KITTI, read_named_split(KITTI, split, root=lists, lists=lists)):
        drive, frame = "/".join(name.split("/")[:2]), int(name.rpartition("/")[2])
        depth = Path("depth") if 5 <= frame <= last[drive] - 5 else None
        items.append(Item(name=f"{name}.png", path=Path(name), fields={}, depth=depth))
    return tuple(items)


@pytest.mark.parametrize("split", [pytest.param("eigen_full/train", marks=pytest.mark.slow), "eigen_full/val"])
def test_what_is_left_with_annotations(split: str, shared_data: Path) -> None:
    """Eigen: 45200 and 1776 images, of which 44570 and 1746 have an annotation (facts of the field)."""
    lists, published = shared_data / "splits", SPLITS[split]
    items = annotated(split, lists)
    chosen = choose_items(KITTI, items, root=lists, split=split, lists=lists, only=None, with_depth=True)
    assert (chosen.num_listed, len(chosen.items)) == (published.count, published.with_depth)
    left_out = f"{published.count - published.with_depth} have no depth map and are left out"
    assert chosen.says() == f"split {split}: {published.count} listed, {published.with_depth} used; {left_out}"


def test_the_652_of_the_697(shared_data: Path) -> None:
    bts = (shared_data / "splits/bts/eigen_test_files_with_gt.txt").read_text().split("\n")
    items = tuple(
        Item(name=image, path=Path(image), fields={}, depth=None if depth == "None" else Path(depth))
        for image, depth, _ in (line.split() for line in bts)
    )
    for split, count in (("eigen/test", 697), ("eigen_benchmark/test", 652)):
        chosen = choose_items(
            KITTI, items, root=shared_data, split=split, lists=shared_data / "splits", only=None, with_depth=True
        )
        assert (chosen.num_listed, len(chosen.items), chosen.num_missing) == (count, 652, 0)


def test_a_wrong_count_and_a_leak_are_refused(tmp_path: Path, shared_data: Path) -> None:
    lists = shared_data / "splits/monodepth2"
    test_line = (lists / "eigen/test_files.txt").read_text().split("\n")[0]
    (tmp_path / "eigen").mkdir()
    (tmp_path / "eigen/test_files.txt").write_text((lists / "eigen/test_files.txt").read_text())
    (tmp_path / "eigen_full").mkdir()
    val = (lists / "eigen_full/val_files.txt").read_text().rstrip("\n").split("\n")
    (tmp_path / "eigen_full/val_files.txt").write_text("\n".join(val[:-1]))
    with pytest.raises(HondoError, match="lists 1775 images, the published split eigen_full/val has 1776"):
        read_named_split(KITTI, "eigen_full/val", root=tmp_path, lists=tmp_path)
    (tmp_path / "eigen_full/val_files.txt").write_text("\n".join([*val[:-1], test_line]))
    with pytest.raises(HondoError, match="holds 1 images of the test split eigen/test"):
        read_named_split(KITTI, "eigen_full/val", root=tmp_path, lists=tmp_path)
