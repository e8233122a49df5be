"""The files of a clip: their order, and which depth map belongs to which frame."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.clip_files import find_layout, list_images, match_depth


def touched(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return [folder / name for name in names]


def test_images_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    touched(tmp_path, "frame10.png", "frame2.png", "frame1.jpg", "notes.txt")
    assert [path.name for path in list_images(tmp_path)] == ["frame1.jpg", "frame2.png", "frame10.png"]


def test_a_folder_with_all_parts_is_found_by_its_path(tmp_path: Path) -> None:
    touched(tmp_path / "rgb", "0.png")
    touched(tmp_path / "depth", "0.png")
    touched(tmp_path, "K.txt")
    layout = find_layout(tmp_path)
    assert (layout.images, layout.depth, layout.camera) == (tmp_path / "rgb", tmp_path / "depth", tmp_path / "K.txt")
    assert layout.poses is None
    assert find_layout(tmp_path / "rgb").depth is None, "a folder of images brings nothing else"


def test_depth_maps_are_matched_by_name_or_by_order(tmp_path: Path) -> None:
    images = touched(tmp_path / "images", "a.color.jpg", "b.color.jpg", "c.color.jpg")
    by_name = touched(tmp_path / "named", "c.depth.png", "a.depth.png")
    assert match_depth(tmp_path / "named", images, every=None) == {2: by_name[0], 0: by_name[1]}
    by_order = touched(tmp_path / "counted", "0.npy", "1.npy")
    assert match_depth(tmp_path / "counted", images, every=2) == {0: by_order[0], 2: by_order[1]}


def test_refuses_maps_without_a_frame(tmp_path: Path) -> None:
    images = touched(tmp_path / "images", "a.png")
    touched(tmp_path / "depth", "a.png", "x.png")
    with pytest.raises(HondoError, match=r"x\.png"):
        match_depth(tmp_path / "depth", images, every=None)
    with pytest.raises(HondoError, match="do not fit 1 frames"):
        match_depth(tmp_path / "depth", images, every=1)
    with pytest.raises(HondoError, match="no images"):
        list_images(tmp_path)
