"""Real paths of recordings, alone and in a folder of several: image, depth map, calibration."""

import pytest

from hondo.data.layouts.capture_layouts import CAPTURES
from tests.data.layouts.real_paths import check_paths

PATHS = {
    "stray-scanner": ("rgb.mp4", None, "camera_matrix.csv"),
    "record3d": ("EXR_RGBD/rgb/0.jpg", "EXR_RGBD/depth/0.exr", "EXR_RGBD/metadata.json"),
    "realsense": ("color/000000.jpg", "depth/000000.png", "camera_intrinsic.json"),
    "azure-kinect": ("color/00000.jpg", "depth/00000.png", "intrinsic.json"),
}


@pytest.mark.parametrize("layout", CAPTURES, ids=lambda layout: layout.name)
def test_real_paths(layout) -> None:
    image, depth, calibration = PATHS[layout.name]
    check_paths(layout, image, depth, calibration)
    check_paths(layout, f"desk/{image}", depth and f"desk/{depth}", f"desk/{calibration}")
