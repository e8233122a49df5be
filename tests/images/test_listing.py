"""What a folder gives: natural order, no hidden files, no depth maps, links followed; the rest is named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hondo.core.types import DepthKind, DepthMap
from hondo.images.listing import animation_remark, choose_images, expand_pattern, list_folder, visible_files

COLOUR, DEPTH = np.zeros((4, 6, 3), np.uint8), np.ones((4, 6), np.uint16)


def write(root: Path, *names: str, pixels: np.ndarray = COLOUR) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / name)


def names(root: Path, *, recursive: bool = False) -> list[str]:
    return [image.relative_to(root).as_posix() for image in list_folder(root, recursive=recursive).images]


def test_natural_order_without_hidden_files(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number}.png" for number in range(1, 13)), "²a.png", "01.png")
    for name in ("._1.png", ".hidden.png", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    assert names(tmp_path) == ["01.png", *(f"{number}.png" for number in range(1, 13)), "²a.png"]
    assert list_folder(tmp_path).left_out == ()


@pytest.mark.parametrize(
    ("colour", "depth"),
    [
        ("frame-{:06d}.color.png", "frame-{:06d}.depth.png"),
        ("{:04d}.png", "{:04d}.depth.png"),
        ("{:04d}_colors.png", "{:04d}_depth.png"),
        ("rgb_{:05d}.jpg", "sync_depth_{:05d}.png"),
        ("image{}.png", "depth{}.png"),
        ("r{:03d}.png", "d{:03d}.png"),  # 16 bits and the same numbers
        ("rgb/{:03d}.png", "depth/{:03d}.png"),
        ("rgb/a{:03d}.png", "depth_mm/b{:03d}.png"),
    ],
)
def test_depth_maps_beside_colour_are_left_out_and_named(tmp_path: Path, colour: str, depth: str) -> None:
    for number in range(4):
        write(tmp_path, colour.format(number))
        write(tmp_path, depth.format(number), pixels=DEPTH)
    listing = list_folder(tmp_path, recursive=True)
    assert sorted(image.relative_to(tmp_path).as_posix() for image in listing.images) == [
        colour.format(number) for number in range(4)
    ]
    assert listing.remark("x").startswith("x: left out 4 depth maps (") and Path(
        depth.format(1)
    ).name in listing.remark("x")


def test_a_depth_map_without_its_image_is_one_too(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number}.color.png" for number in range(3)))
    write(tmp_path, *(f"{number}.depth.png" for number in range(5)), pixels=DEPTH)
    assert names(tmp_path) == ["0.color.png", "1.color.png", "2.color.png"]


def test_what_hondo_wrote_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.png", "b.jpg", "b.color.jpg", "c.color.jpg")
    values = np.ones((4, 6), np.float32)
    for name in ("a.depth.png", "x.png", "clip.depth/000000.depth.png"):
        DepthMap(values=values, kind=DepthKind.METRIC_DEPTH).save(tmp_path / name)
    assert names(tmp_path, recursive=True) == ["a.png", "b.jpg", "c.color.jpg"]


def test_16_bit_images_stay(tmp_path: Path) -> None:
    """Of a thermal camera, or one among others: nothing pairs them with colour."""
    write(tmp_path / "thermal", "1.png", "2.png", pixels=DEPTH)
    assert names(tmp_path / "thermal") == ["1.png", "2.png"]
    write(tmp_path / "mixed", "grey16.png", pixels=DEPTH)
    write(tmp_path / "mixed", "rgb.png", "rgb16.jpg", "depth-of-field.jpg")
    assert names(tmp_path / "mixed") == ["depth-of-field.jpg", "grey16.png", "rgb16.jpg", "rgb.png"]
    write(tmp_path / "albums", "depth/1.png", "day/1.png")  # colour in both
    assert names(tmp_path / "albums", recursive=True) == ["day/1.png", "depth/1.png"]


def test_the_rest_is_named_and_text_is_not(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    (tmp_path / "b.jfif").write_bytes(b"x")
    for name in ("I.HEIC", "J.heic", "K.heic", "v.MTS", "w.strange", "poses.txt", "K.json"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    listing = list_folder(tmp_path)
    assert names(tmp_path) == ["a.png", "b.jfif"]
    assert listing.remark("here") == (
        "here: left out 3 images of other formats: convert them to JPEG or PNG (I.HEIC, J.heic, ...); 1 links that "
        "lead nowhere (gone.png); 1 videos: give them by name (v.MTS); 1 files of unknown kind (w.strange)"
    )


def test_linked_folders_are_followed_and_loops_cut(tmp_path: Path) -> None:
    write(tmp_path, "real/1.png", "links/0.png")
    (tmp_path / "links/more").symlink_to(tmp_path / "real")
    (tmp_path / "links/one.png").symlink_to(tmp_path / "real/1.png")
    (tmp_path / "real/loop").symlink_to(tmp_path / "links")
    assert names(tmp_path / "links", recursive=True) == ["0.png", "more/1.png", "one.png"]
    assert len(list(visible_files(tmp_path, recursive=True))) == 3


def test_brackets_that_name_a_folder_are_no_pattern(tmp_path: Path) -> None:
    write(tmp_path, "in [2024]/a.png", "in [2024]/b[1].png", "in 2/c.png", "x1.png", "x2.png")
    (tmp_path / "in [2024]/._a.png").write_bytes(b"\0")

    def found(pattern: str) -> list[str]:
        return [path.name for path in expand_pattern(str(tmp_path / pattern))]

    assert found("in [2024]/*.png") == ["a.png", "b[1].png"]
    assert found("in [2024]/b[[]1].png") == ["b[1].png"]
    assert found("in [2]/*.png") == ["c.png"]
    assert found("x[0-9].png") == ["x1.png", "x2.png"]
    assert choose_images(expand_pattern(str(tmp_path / "**/*.png"))).left_out == ()


def test_animations_of_which_one_image_is_read_are_named(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), 60 * index, np.uint8)) for index in range(3)]
    for name in ("a.webp", "a.png", "a.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert "holds 3 images, only the first is read" in animation_remark(tmp_path / name)
        frames[0].save(tmp_path / f"still-{name}")
        assert animation_remark(tmp_path / f"still-{name}") == ""
