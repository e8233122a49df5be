"""Depth and intrinsics of images that EXIF turns."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.rgbd import Rgbd
from hondo.data.partners.turned_pair import turned_camera
from hondo.images.pixels import oriented


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_point_stays_where_it_is(orientation: int) -> None:
    """A pixel of the stored image and its ray, before and after the turn."""
    camera = Camera(fx=70, fy=75, cx=30, cy=28, size_hw=(60, 80))
    turned = turned_camera(camera, orientation)
    marked = np.zeros((60, 80))
    marked[10, 55] = 1
    (row,), (column,) = np.nonzero(oriented(marked, orientation))
    ray = sorted((abs(55.5 - camera.cx) / camera.fx, abs(10.5 - camera.cy) / camera.fy))
    shown = sorted((abs(column + 0.5 - turned.cx) / turned.fx, abs(row + 0.5 - turned.cy) / turned.fy))
    assert turned.size_hw == oriented(marked, orientation).shape
    np.testing.assert_allclose(shown, ray)


def write_pair(root: Path, *, orientation: int, size_hw: tuple[int, int], stored: bool = True) -> Path:
    """The left half of the stored pixels is dark and near (1 m), the right half bright and far (4 m)."""
    height, width = size_hw
    is_right = np.arange(width)[None].repeat(height, 0) >= width // 2
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.where(is_right, 255, 0).astype(np.uint8)).convert("RGB").save(root / "a.png", exif=exif)
    depth = np.where(is_right, 4000, 1000).astype(np.uint16)
    cv2.imwrite(str(root / "d.png"), depth if stored else oriented(depth, orientation))
    text = f"image,depth,divide_by,fx,fy,cx,cy\na.png,d.png,1000,70,75,{0.4 * width},{0.45 * height}\n"
    (root / "manifest.csv").write_text(text)
    return root


@pytest.mark.parametrize("size_hw", [(60, 80), (64, 64)])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_pairs_lie_as_stored(tmp_path: Path, orientation: int, size_hw: tuple[int, int]) -> None:
    root = write_pair(tmp_path, orientation=orientation, size_hw=size_hw)
    with pytest.warns(HondoWarning, match=f"Orientation is {orientation}"):
        sample = Rgbd(root)[0]
    is_far = sample.depth_gt[0].numpy() == 4
    np.testing.assert_array_equal(is_far, sample.image[0].numpy() > 0.5)
    camera = Camera(fx=70, fy=75, cx=0.4 * size_hw[1], cy=0.45 * size_hw[0], size_hw=size_hw)
    assert sample.camera == turned_camera(camera, orientation)
    (root / "c").mkdir()
    (root / "c/0.png").symlink_to(root / "a.png")
    (root / "e").mkdir()
    (root / "e/0.png").symlink_to(root / "d.png")
    with pytest.warns(HondoWarning, match=f"Orientation is {orientation}"):
        frame = Frames(root / "c", depth=root / "e", camera=f"70,75,{camera.cx},{camera.cy}")[0]
    np.testing.assert_array_equal(frame.depth_gt, sample.depth_gt)
    assert frame.camera == sample.camera


def test_partners_that_lie_as_shown(tmp_path: Path) -> None:
    """As sizes say of a quarter turn, or as is stated."""
    for number, (orientation, size_hw) in enumerate([(6, (60, 80)), (3, (60, 80))]):
        (tmp_path / str(number)).mkdir()
        root = write_pair(tmp_path / str(number), orientation=orientation, size_hw=size_hw, stored=False)
        if orientation == 6:
            (root / "manifest.csv").write_text("image,depth,divide_by\na.png,d.png,1000\n")
        sample = Rgbd(root, partner_orientation="shown")[0]
        np.testing.assert_array_equal(sample.depth_gt[0].numpy() == 4, sample.image[0].numpy() > 0.5)
    with pytest.raises(HondoError, match="unknown partner_orientation"):
        Rgbd(root, partner_orientation="left")
