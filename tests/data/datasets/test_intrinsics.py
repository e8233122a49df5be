"""Intrinsics in the forms users have them, taken as they stand."""

import json
import warnings
from pathlib import Path

import pytest
from PIL import Image

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.types import Camera
from hondo.data.datasets.intrinsics import assumed_camera, camera_of_file, image_camera, read_camera

SIZE_HW = (480, 640)
CAMERA = Camera(fx=525, fy=526, cx=320, cy=240, size_hw=SIZE_HW)


@pytest.mark.parametrize(
    "text",
    [
        "525 526 320 240",
        "525\n526\n320\n240\n",
        "525,526,320,240",
        "525 0 320\n0 526 240\n0 0 1",
        "525 0 320 7\n0 526 240 8\n0 0 1 9",
        "525 0 320 7 0 526 240 8 0 0 1 9\n525 0 320 -3 0 526 240 0 0 0 1 0",
        json.dumps({"fx": 525, "fy": 526, "cx": 320, "cy": 240, "width": 640, "height": 480}),
        json.dumps({"fx": 1050, "fy": 1052, "cx": 640, "cy": 480, "width": 1280, "height": 960}),
    ],
)
def test_forms(tmp_path: Path, text: str):
    path = tmp_path / "camera"
    path.write_text(text)
    assert read_camera(path, size_hw=SIZE_HW) == CAMERA


def test_option_and_camera():
    assert read_camera("525,526,320,240", size_hw=SIZE_HW) == CAMERA
    assert read_camera(CAMERA.resized((240, 320)), size_hw=SIZE_HW) == CAMERA


def test_sizes_rounded_to_whole_pixels_are_the_same_image():
    found = read_camera(Camera.from_fov(60, size_hw=(375, 1242)), size_hw=(94, 311))
    assert found.size_hw == (94, 311)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3", "found 3 numbers"),
        ("525 1 320 0 526 240 0 0 1", "no skew"),
        (
            "525 0 320 0 0 526 240 0 0 0 1 0 99 0 320 0 0 526 240 0 0 0 1 0",
            "2 projection matrices of diff",
        ),
        ("fx 525", "numbers only"),
        ('{"fx": 525}', "lack fy, cx, cy, width, height"),
        ('{"fx": 525', "camera: "),
        ('{"fx": null, "fy": 1, "cx": 1, "cy": 1, "width": 2, "height": 2}', "must be numbers"),
        ("525 526 900 240", "lies outside the 640x480 image"),
        ("-525 526 320 240", "must be positive"),
    ],
)
def test_refusals_name_the_file(tmp_path: Path, text: str, says: str):
    path = tmp_path / "camera"
    path.write_text(text)
    with pytest.raises(HondoError, match=says) as caught:
        read_camera(path, size_hw=SIZE_HW)
    assert str(path) in str(caught.value)


def test_neither_file_nor_numbers():
    with pytest.raises(HondoError, match="no such file, and not fx,fy,cx,cy"):
        read_camera("camera.jsn", size_hw=SIZE_HW)


STORED = {"fx": 50, "fy": 51, "cx": 24, "cy": 12, "width": 48, "height": 24}


def test_numbers_and_files(tmp_path) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    camera = image_camera(str(path), size_hw=(24, 48))
    assert (camera.fx, camera.fy, camera.cx, camera.cy, camera.size_hw) == (50, 51, 24, 12, (24, 48))
    assert image_camera("50,51,24,12", size_hw=(24, 48)) == camera


@pytest.mark.parametrize("size_hw", [(48, 96), (24, 50)])
def test_a_file_of_another_image_is_refused(tmp_path, size_hw) -> None:
    path = tmp_path / "k.json"
    path.write_text(json.dumps(STORED))
    with pytest.raises(HondoError, match=f"of a 48x24 image.*this one is {size_hw[1]}x{size_hw[0]}"):
        image_camera(str(path), size_hw=size_hw)


@pytest.mark.parametrize("text", ["50,51,480,12", "50,51,24", "gone.json", "0,51,24,12"])
def test_wrong_numbers_are_refused(text) -> None:
    with pytest.raises(HondoError):
        image_camera(text, size_hw=(24, 48))


def test_the_assumed_camera_is_60_degrees_wide() -> None:
    assert assumed_camera((24, 48)).horizontal_fov_deg == pytest.approx(60)


KITTI_RAW = """calib_time: 09-Jan-2012 13:57:47
S_02: 660 500
K_02: 600 0 330 0 600 250 0 0 1
D_02: -0.3 0.2 0 0 0
S_rect_02: 640 480
P_rect_00: 500 0 300 0 0 500 200 0 0 0 1 0
P_rect_02: 525 0 320 44 0 526 240 0.2 0 0 1 0.003
"""


@pytest.mark.parametrize(
    "text",
    [
        "[[525, 0, 320],\n [0, 526, 240],\n [0, 0, 1]]",
        "525 0 0\n0 526 0\n320 240 1",  # column by column
        "525 0 320 0\n0 526 240 0\n0 0 1 0\n0 0 0 1",  # ScanNet
        "[525.0, 526.0, 320, 240]",
        json.dumps({"width": 640, "height": 480, "intrinsic_matrix": [525, 0, 0, 0, 526, 0, 320, 240, 1]}),  # Open3D
        json.dumps({"w": 640, "h": 480, "K": [525, 0, 0, 0, 526, 0, 320, 240, 1], "poses": [[0, 1]]}),  # Record3D
        json.dumps({"width": 640, "height": 480, "fx": 525, "fy": 526, "ppx": 320, "ppy": 240}),  # RealSense
        json.dumps({"fl_x": 525, "fl_y": 526, "cx": 320, "cy": 240, "w": 640, "h": 480, "frames": [{"a": 1}]}),
        json.dumps({"fx": "525", "fy": "526.0", "cx": "320 px", "cy": "240px", "width": "640.0", "height": "480"}),
        json.dumps(
            {"camera": {"intrinsics": {"fx": 525, "fy": 526, "cx": 320, "cy": 240}, "width": 640, "height": 480}}
        ),
        "# Camera list:\n1 PINHOLE 640 480 525 526 320 240\n2 PINHOLE 64 48 50 50 32 24",
        "cam0:\n  camera_model: pinhole\n  distortion_coeffs: [0, 0, 0, 0]\n  intrinsics: [525, 526,\n    320, 240]\n"
        "  resolution: [640, 480]\n  T_cam_imu:\n  - [1, 0, 0, 0]\n",
        "image_width: 640\nimage_height: 480\ncamera_name: left\ncamera_matrix:\n  rows: 3\n  cols: 3\n"
        "  data: [525, 0, 320, 0, 526, 240, 0, 0, 1]\ndistortion_model: plumb_bob\ndistortion_coefficients:\n"
        "  rows: 1\n  cols: 5\n  data: [0, 0, 0, 0, 0]\nprojection_matrix:\n  rows: 3\n  cols: 4\n  data: [1, 2]\n",
        "height: 480\nwidth: 640\nD: [0.0, 0.0]\nK: [525.0, 0.0, 320.0, 0.0, 526.0, 240.0, 0.0, 0.0, 1.0]\n",
        "%YAML:1.0\n---\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
        "   data: [ 525., 0., 320., 0.,\n       526., 240., 0., 0., 1. ]\n",
        'Camera.type: "PinHole"\nCamera.fx: 525.0\nCamera.fy: 526.0\nCamera.cx: 320.0\nCamera.cy: 240.0\n',
        "calib_time: 09-Jan-2012\nP2: 525 0 320 44 0 526 240 0.2 0 0 1 0.003\n",
        "m_colorWidth = 640\nm_colorHeight = 480\n"
        "m_calibrationColorIntrinsic = 525 0 320 0 0 526 240 0 0 0 1 0 0 0 0 1\n",
        "cam0=[525 0 320; 0 526 240; 0 0 1]\nwidth=640\nheight=480\n",  # Middlebury
        KITTI_RAW,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_other_programs(tmp_path: Path, text: str, encoding: str):
    path = tmp_path / "calibration"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    with warnings.catch_warnings():
        if text == KITTI_RAW:
            warnings.simplefilter("ignore", HondoWarning)
        assert read_camera(path, size_hw=SIZE_HW) == CAMERA


def test_of_several_cameras_the_chosen_one_is_said(tmp_path: Path):
    (tmp_path / "calib_cam_to_cam.txt").write_text(KITTI_RAW + "S_rect_00: 640 480\n")
    with pytest.warns(HondoWarning, match=r"are those of P_rect_02 \(of P_rect_02, P_rect_00"):
        read_camera(tmp_path, size_hw=SIZE_HW)  # found in the folder
    two = tmp_path / "cameras.txt"
    two.write_text("1 PINHOLE 640 480 525 526 320 240\n2 PINHOLE 640 480 500 500 320 240\n")
    with pytest.raises(HondoError, match="holds 2 cameras"):
        read_camera(two, size_hw=SIZE_HW)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"fx": 525, "fy": 526, "cx": 320, "cy": 240, "width": 640, "height": 480, "k1": -0.35, "k2": 0.1}),
        "1 OPENCV 640 480 525 526 320 240 -0.35 0.1 0 0",
        "cam0:\n  intrinsics: [525, 526, 320, 240]\n  distortion_coeffs: [-0.35, 0.1, 0, 0]\n",
        "1 OPENCV_FISHEYE 640 480 525 526 320 240 -0.35 0 0 0",
        json.dumps({"K": [[525, 0, 320], [0, 526, 240], [0, 0, 1]], "dist": [[-0.35, 0.1]], "distance": 3}),
    ],
)
def test_distortion_is_not_dropped_without_a_word(tmp_path: Path, text: str):
    path = tmp_path / "k"
    path.write_text(text)
    with pytest.warns(HondoWarning, match=r"distortion .*-0\.35.* undistort them first"):
        assert read_camera(path, size_hw=SIZE_HW) == CAMERA


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.58,1.92,0.5,0.5", "divided by the image's width and height.*371.2,921.6,320,240"),
        ("0.82,1.09,0,0", "divided by the image's width and height"),
        ("18,18,320,240", "field of view of 17[34] degrees.*pixels of this image"),
        ("80,80,51.1,38", "principal point lies in the corner.*millimetres"),
        ("525,526,240,320", "cx and cy are swapped"),
        ("525,320,526,240", "order fx, cx, fy, cy; give 525,526,320,240"),
        ('{"fx": "18 mm", "fy": 18, "cx": 320, "cy": 240, "width": 640, "height": 480}', "fx is '18 mm'"),
        ("<?xml version='1.0'?><opencv_storage>", "XML"),
        ("projection: unknown\n", "lack fx, fy, cx, cy"),
    ],
)
def test_impossible_values_are_refused_with_the_remedy(tmp_path: Path, text: str, says: str):
    path = tmp_path / "k"
    path.write_text(text)
    with pytest.raises(HondoError, match=says):
        read_camera(path, size_hw=SIZE_HW)


@pytest.mark.parametrize("text", ["300,300,200,150", "100,100,320,240", "5000,5000,320,240", "525,526,250,300"])
def test_unusual_values_stay(text: str):
    """A crop, a wide lens, a long one."""
    assert read_camera(text, size_hw=SIZE_HW).size_hw == SIZE_HW


def test_field_of_view_tuples_and_exif(tmp_path: Path):
    assert read_camera("fov=90", size_hw=SIZE_HW).fx == pytest.approx(320)
    assert read_camera((525, 526, 320.0, 240), size_hw=SIZE_HW) == CAMERA
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 26
    Image.new("RGB", (640, 480)).save(tmp_path / "a.jpg", exif=exif.tobytes())
    with pytest.warns(HondoWarning, match="focal length in EXIF"):
        found = camera_of_file(tmp_path / "a.jpg", size_hw=SIZE_HW)
    assert found.fx == found.fy == pytest.approx(26 / 43.2666 * 800) and (found.cx, found.cy) == (320, 240)
    Image.new("RGB", (640, 480)).save(tmp_path / "b.jpg")
    for path in (tmp_path / "b.jpg", None):
        with pytest.warns(HondoWarning, match="60 degrees wide is assumed"):
            assert camera_of_file(path, size_hw=SIZE_HW).horizontal_fov_deg == pytest.approx(60)


@pytest.mark.parametrize(("scale", "size"), [(0.5, "320x240"), (1.5, "960x720"), (2, "1280x960"), (2 / 3, "427x320")])
def test_intrinsics_of_another_size_are_named(scale: float, size: str):
    text = ",".join(str(scale * value) for value in (525, 526, 320, 240))
    with pytest.warns(HondoWarning, match=f"of an image of about {size}, not 640x480.*by {scale:.3g} if"):
        assert read_camera(text, size_hw=SIZE_HW).fx == scale * 525
