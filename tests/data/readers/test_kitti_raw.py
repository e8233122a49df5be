"""KITTI raw beyond its files: the Velodyne, the calibration of another day, poses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import DEPTH, KITTI_CALIBRATION, KNOWN, points_of, put, put_image

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync"


def with_points(root: Path) -> Path:
    calibration = KITTI_CALIBRATION.replace("10 0 6 5", "10 0 6 0")  # without the offset of the colour camera
    put(root / "2011_09_26/calib_cam_to_cam.txt", calibration)
    put(root / "2011_09_26/calib_velo_to_cam.txt", "calib_time: x\nR: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 -0.25\n")
    points = points_of(DEPTH) + np.array([0.25, 0, 0, 0], dtype=np.float32)  # the scanner stands behind the camera
    put(root / DRIVE / "velodyne_points/data/0000000005.bin", points.astype("<f4").tobytes())
    return root


@pytest.mark.parametrize(("choice", "offset"), [("velodyne-camera", 0.0), ("velodyne", 0.25)])
def test_points_as_depth(choice: str, offset: float, tree: Callable[[str], Path]) -> None:
    sample = open_dataset("kitti", root=with_points(tree("kitti")), depth=choice)[0]
    assert (sample.valid[0].numpy() == KNOWN).all()
    np.testing.assert_allclose(sample.depth_gt[0].numpy()[KNOWN], (DEPTH + offset)[KNOWN], rtol=1e-5)


def test_a_choice_that_is_none(tree: Callable[[str], Path]) -> None:
    with pytest.raises(HondoError, match="unknown depth of kitti 'lidar'"):
        open_dataset("kitti", root=tree("kitti"), depth="lidar")
    root = tree("kitti-odometry")
    with pytest.raises(HondoError, match="velodyne"):
        open_dataset("kitti-odometry", root=root, depth="annotated")


def test_no_points(tree: Callable[[str], Path]) -> None:
    with pytest.raises(HondoError, match=r"velodyne_points/data/0000000005\.bin.*Get it from"):
        open_dataset("kitti", root=tree("kitti"), depth="velodyne")


def test_the_calibration_of_another_day(tree: Callable[[str], Path]) -> None:
    root = with_points(tree("kitti"))
    put_image(root / DRIVE / "image_02/data/0000000005.png", (370, 1226))
    calibration = (root / "2011_09_26/calib_cam_to_cam.txt").read_text().replace("12 8", "1242 375")
    (root / "2011_09_26/calib_cam_to_cam.txt").write_text(calibration)
    with pytest.raises(HondoError, match=r"calibration of 2011_09_26 \(1242x375\), the image is of 2011_09_30"):
        open_dataset("kitti", root=root, depth="velodyne")[0]
    (root / "2011_09_26/calib_cam_to_cam.txt").write_text("S_rect_02: 12 8\n")
    with pytest.raises(HondoError, match="no calibration of this data set"):
        open_dataset("kitti", root=root)[0]


def test_neighbours_with_their_poses(tree: Callable[[str], Path]) -> None:
    """The car drives north (yaw 90 degrees), a metre a frame: the camera's z."""
    root = with_points(tree("kitti"))
    put(root / "2011_09_26/calib_imu_to_velo.txt", "R: 1 0 0 0 1 0 0 0 1\nT: 0 0 0\n")
    step = np.degrees(1 / 6378137.0)
    for frame in (5, 6, 7):
        put_image(root / f"{DRIVE}/image_02/data/{frame:010d}.png")
        record = f"{49 + frame * step:.12f} 8.4 112 0 0 {np.pi / 2} " + "0 " * 24
        put(root / f"{DRIVE}/oxts/data/{frame:010d}.txt", record)
    samples = open_dataset("kitti", root=root, sources=(-1, 1))
    assert [Path(origin).stem for origin in samples.origins] == ["0000000006"]
    earlier, later = (view.T_source_target.numpy() for view in samples[0].sources)
    np.testing.assert_allclose(later[:3, 3], (0, 0, -1), atol=1e-4)  # the target's points are nearer a metre on
    np.testing.assert_allclose(earlier[:3, 3], (0, 0, 1), atol=1e-4)
    np.testing.assert_allclose(later[:3, :3], np.eye(3), atol=1e-6)
