"""Plain files: what is missing or broken is named; masks, poses, sizes and pairs by time."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.readers.file_reader import FileReader, Item, at_image_size, read_as_stored, read_mask
from tests.contracts.dataset_trees import put, put_image

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
SCENE = "val/indoors/scene_00019/scan_00183/00019_00183_indoors_000_010"


@pytest.mark.parametrize(
    ("name", "file", "says"),
    [
        ("kitti", "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png", "Git LFS pointer"),
        ("kitti", "train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000005.png", "Git LFS pointer"),
        ("sintel", "training/depth/alley_1/frame_0001.dpt", "Git LFS pointer"),
        ("hypersim", "ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5", "Git LFS pointer"),
        ("make3d", "Gridlaserdata/depth_sph_corr-op1-p-015t000.mat", "Git LFS pointer"),
        ("redweb", "RDs/1.png", "Git LFS pointer"),
        ("eth3d", "courtyard/ground_truth_depth/dslr_images/DSC_0286.JPG", "an image or a pointer"),
    ],
)
@pytest.mark.usefixtures("any_aspect")
def test_git_lfs_pointers(name: str, file: str, says: str, tree: Callable[[str], Path]) -> None:
    root = tree(name)
    put(root / file, POINTER)
    with pytest.raises(HondoError, match=says):
        open_dataset(name, root=root)[0]


@pytest.mark.parametrize(
    "file",
    [
        "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png",
        "train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000005.png",
    ],
)
def test_a_png_that_is_cut_off(file: str, tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    put(root / file, (root / file).read_bytes()[:-30])
    with pytest.raises(HondoError, match=r"kitti, 2011_09_26/.*: .*damaged or truncated"):
        open_dataset("kitti", root=root)[0]


@pytest.mark.usefixtures("any_aspect")
def test_missing_parts(tree: Callable[[str], Path]) -> None:
    root = tree("diode")
    (root / f"{SCENE}_depth_mask.npy").unlink()
    with pytest.raises(HondoError, match=rf"its mask {SCENE}_depth_mask.npy is missing"):
        open_dataset("diode", root=root)[0]
    root = tree("sunrgbd")
    (root / "kv2/kinect2data/000002_2014/intrinsics.txt").unlink()
    with pytest.raises(HondoError, match=r"its calibration file kv2/.*/intrinsics\.txt is missing"):
        open_dataset("sunrgbd", root=root)[0]


def test_poses_of_neighbours(tree: Callable[[str], Path]) -> None:
    root = tree("scannet")
    put_image(root / "scans/scene0000_00/color/11.jpg")
    put(root / "scans/scene0000_00/pose/11.txt", "1 0 0 0.5\n0 1 0 0\n0 0 1 2\n0 0 0 1\n")
    pose = open_dataset("scannet", root=root, sources=(1,))[0].sources[0].T_source_target
    assert pose[:3, 3].tolist() == [-0.5, 0, 0]
    put(root / "scans/scene0000_00/pose/11.txt", "1 0 0 0.5\n")
    with pytest.raises(HondoError, match="4 numbers; a pose has 12"):
        open_dataset("scannet", root=root, sources=(1,))[0]


def test_pairs_by_time(tree: Callable[[str], Path]) -> None:
    """An image without a depth map within half a frame has none; twins of macOS do not count."""
    root = tree("tum")
    put_image(root / "rgbd_dataset_freiburg1_desk/rgb/1305031452.860000.png")
    put(root / "rgbd_dataset_freiburg1_desk/depth/._1305031452.860000.png", "twin")
    reader = FileReader(LAYOUTS["tum"], root)
    assert [None if item.depth is None else item.depth.name for item in reader.items] == [
        "1305031452.780000.png", "1305031452.813333.png", None,
    ]  # fmt: skip


def test_a_map_of_another_size() -> None:
    values = np.arange(4.0).reshape(2, 2)
    assert at_image_size(values, (2, 2), may_stretch=False, name="a") is values
    assert at_image_size(values, (4, 4), may_stretch=False, name="a")[:, 0].tolist() == [0, 0, 2, 2]
    assert at_image_size(values, (4, 8), may_stretch=True, name="a").shape == (4, 8)
    with pytest.raises(HondoError, match=r"a: the depth map is 2x2, its image 80x40"):
        at_image_size(values, (40, 80), may_stretch=False, name="a")


def test_masks(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[0.0, 1.0]]))
    cv2.imwrite(str(tmp_path / "b.png"), np.array([[0, 2]], dtype=np.uint8))
    assert read_mask(tmp_path / "a.npy").tolist() == [[0, 1]] and read_mask(tmp_path / "b.png").tolist() == [[0, 2]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_lie_as_they_are_stored(orientation: int, tmp_path: Path) -> None:
    """As their depth maps and calibration do, whatever EXIF says of how they are shown."""
    pixels = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    assert (read_as_stored(tmp_path / "a.png") == pixels).all()
    item = Item(name="a.png", path=tmp_path / "a.png", fields={})
    assert FileReader.image_hw(None, item) == (4, 6)
