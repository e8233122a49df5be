"""Real paths of indoor data sets, as their archives unpack: image, depth map, calibration."""

import pytest

from hondo.data.layouts.indoor_layouts import INDOOR
from tests.data.layouts.real_paths import check_paths

_SUN = "xtion/sun3ddata/brown_bm_1/brown_bm_1"
_HYPERSIM = "ai_001_001/images/scene_cam_00"
PATHS = {
    "nyu": ("nyu_depth_v2_labeled.mat", "nyu_depth_v2_labeled.mat", None),
    "nyu-bts": (
        "sync/kitchen_0028b/rgb_00045.jpg",
        "sync/kitchen_0028b/sync_depth_00045.png",
        None,
    ),
    "scannet": (
        "scans/scene0000_00/color/0.jpg",
        "scans/scene0000_00/depth/0.png",
        "scans/scene0000_00/intrinsic/intrinsic_color.txt",
    ),
    "sunrgbd": (
        f"{_SUN}/image/0000001-000000020407.jpg",
        f"{_SUN}/depth/0000001-000000000000.png",
        f"{_SUN}/intrinsics.txt",
    ),
    "tum": ("rgbd_dataset_freiburg1_desk/rgb/1305031452.791720.png", None, None),
    "7scenes": (
        "chess/seq-01/frame-000000.color.png",
        "chess/seq-01/frame-000000.depth.png",
        None,
    ),
    "diode": (
        "val/indoors/scene_00019/scan_00183/00019_00183_indoors_000_010.png",
        "val/indoors/scene_00019/scan_00183/00019_00183_indoors_000_010_depth.npy",
        None,
    ),
    "hypersim": (
        f"{_HYPERSIM}_final_preview/frame.0000.tonemap.jpg",
        f"{_HYPERSIM}_geometry_hdf5/frame.0000.depth_meters.hdf5",
        None,
    ),
    "irs": ("Home/ArchVizInterior03Data/l_1.png", "Home/ArchVizInterior03Data/d_1.exr", None),
    "diml-indoor": (
        "LR/bathroom/color/in_k_01_160225_000103_c.png",
        "LR/bathroom/depth_filled/in_k_01_160225_000103_depth_filled.png",
        None,
    ),
}


@pytest.mark.parametrize("layout", INDOOR, ids=lambda layout: layout.name)
def test_real_paths(layout) -> None:
    check_paths(layout, *PATHS[layout.name])
