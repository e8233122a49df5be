"""Real paths of street data sets, as their archives unpack: image, depth map, calibration."""

import pytest

from hondo.data.layouts.driving_layouts import DRIVING
from tests.data.layouts.real_paths import check_paths

PATHS = {
    "kitti": (
        "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png",
        "val/2011_09_26_drive_0002_sync/proj_depth/groundtruth/image_02/0000000069.png",
        "2011_09_26/calib_cam_to_cam.txt",
    ),
    "kitti-selection": (
        "val_selection_cropped/image/2011_09_26_drive_0002_sync_image_0000000005_image_02.png",
        "val_selection_cropped/groundtruth_depth/2011_09_26_drive_0002_sync_groundtruth_depth_0000000005_image_02.png",
        "val_selection_cropped/intrinsics/2011_09_26_drive_0002_sync_image_0000000005_image_02.txt",
    ),
    "kitti-odometry": (
        "sequences/09/image_2/000000.png",
        "sequences/09/velodyne/000000.bin",
        "sequences/09/calib.txt",
    ),
    "vkitti2": (
        "Scene01/15-deg-left/frames/rgb/Camera_0/rgb_00000.jpg",
        "Scene01/15-deg-left/frames/depth/Camera_0/depth_00000.png",
        None,
    ),
    "cityscapes": (
        "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png",
        "disparity/train/aachen/aachen_000000_000019_disparity.png",
        "camera/train/aachen/aachen_000000_000019_camera.json",
    ),
    "apolloscape": (
        "road02_ins/ColorImage/Record001/Camera 5/170927_063811892_Camera_5.jpg",
        "road02_ins_depth/Depth/Record001/Camera 5/170927_063811892_Camera_5.png",
        None,
    ),
}


@pytest.mark.parametrize("layout", DRIVING, ids=lambda layout: layout.name)
def test_real_paths(layout) -> None:
    check_paths(layout, *PATHS[layout.name])
