"""Real paths of open scenes, films and photos of the web, as their archives unpack: image, depth map, calibration."""

import pytest

from hondo.data.layouts.open_layouts import OPEN
from tests.data.layouts.real_paths import check_paths

_TARTAN = "abandonedfactory/abandonedfactory/Easy/P000"
_MVS = "5a3ca9cb270f0e3f14d0eddb"
PATHS = {
    "tartanair": (f"{_TARTAN}/image_left/000000_left.png", f"{_TARTAN}/depth_left/000000_left_depth.npy", None),
    "sintel": (
        "training/final/alley_1/frame_0001.png",
        "training/depth/alley_1/frame_0001.dpt",
        "training/camdata_left/alley_1/frame_0001.cam",
    ),
    "eth3d": (
        "courtyard/images/dslr_images/DSC_0286.JPG",
        "courtyard/ground_truth_depth/dslr_images/DSC_0286.JPG",
        "courtyard/dslr_calibration_jpg/images.txt",
    ),
    "blendedmvs": (
        f"{_MVS}/blended_images/00000000.jpg",
        f"{_MVS}/rendered_depth_maps/00000000.pfm",
        f"{_MVS}/cams/00000000_cam.txt",
    ),
    "megadepth": ("0000/dense0/imgs/5008984_74a994ce1c_o.jpg", "0000/dense0/depths/5008984_74a994ce1c_o.h5", None),
    "make3d": ("Test134/img-10.21op2-p-015t000.jpg", "Gridlaserdata/depth_sph_corr-10.21op2-p-015t000.mat", None),
    "diml-outdoor": ("0/outleft/1.png", "0/depthmap/1.png", None),
    "redweb": ("Imgs/1.jpg", "RDs/1.png", None),
    "hrwsi": ("train/imgs/1.jpg", "train/gts/1.png", None),
    "diw": ("DIW_Annotations/DIW_train_val.csv", None, None),
    "wsvd": ("times.csv", None, None),
    "movies-3d": ("times.csv", None, None),
}


@pytest.mark.parametrize("layout", OPEN, ids=lambda layout: layout.name)
def test_real_paths(layout) -> None:
    check_paths(layout, *PATHS[layout.name])
