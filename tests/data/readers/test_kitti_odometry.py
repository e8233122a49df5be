"""Poses of KITTI odometry are moved from the grey camera to the image's; sequences without poses have none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import put, put_image


def test_poses_of_the_colour_camera(tree: Callable[[str], Path]) -> None:
    root = tree("kitti-odometry")
    put_image(root / "sequences/00/image_2/000001.png")
    calibration = (root / "sequences/00/calib.txt").read_text().replace("P2: 10 0 6 0", "P2: 10 0 6 -5")
    (root / "sequences/00/calib.txt").write_text(calibration)  # camera 2 stands 0.5 m to the right of camera 0
    put(root / "poses/00.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n0 0 1 0 0 1 0 0 -1 0 0 0\n")  # a turn by 90 degrees
    samples = open_dataset("kitti-odometry", root=root, sources=(1,))
    assert len(samples) == 1
    pose = samples[0].sources[0].T_source_target.numpy()
    np.testing.assert_allclose(pose[:3, 3], (-0.5, 0, 0.5), atol=1e-6)


def test_missing_parts(tree: Callable[[str], Path]) -> None:
    root = tree("kitti-odometry")
    put_image(root / "sequences/00/image_2/000001.png")
    assert open_dataset("kitti-odometry", root=root, sources=(1,))[0].sources[0].T_source_target is None
    put(root / "poses/00.txt", "1 0 0 0 0 1 0 0 0 0 1 0\n")
    with pytest.raises(HondoError, match="holds 1 poses, but there is a frame 1"):
        open_dataset("kitti-odometry", root=root, sources=(1,))[0]
    root = root.rename(root.with_name("without-tr"))
    (root / "sequences/00/image_2/000001.png").unlink()
    (root / "sequences/00/calib.txt").write_text("P2: 10 0 6 0 0 9 4 0 0 0 1 0\n")
    with pytest.raises(HondoError, match="has no row Tr"):
        open_dataset("kitti-odometry", root=root)[0]
